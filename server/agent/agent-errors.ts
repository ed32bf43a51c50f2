/** Failures of the agent's routes that come from the disk, as AppErrors with stable codes. */
import type { NativeError } from '../../native/addon.ts'
import { AppError } from '../shared/app-error.ts'

export function volumeNotInScope(volumeId: string): AppError {
  return new AppError(
    'VOLUME_NOT_IN_SCOPE',
    404,
    `Volume ${volumeId} with this path is not in the agent's scope, or not mounted. See "scope" in agent.json.`,
  )
}

export function streamNotFound(): AppError {
  return new AppError('STREAM_NOT_FOUND', 404, 'The file or its stream is not there. Scan again.')
}

/** What a failing native call of a read means. */
export function readError(error: unknown): Error {
  if (error instanceof AppError) return error
  const { code, message } = error as NativeError
  switch (code) {
    case 'ADS_NOT_FOUND':
      return streamNotFound()
    case 'ADS_IDENTITY_CHANGED':
      return new AppError('CARRIER_CHANGED', 409, 'Another file is at this path now. Scan again.')
    case 'ADS_ACCESS_DENIED':
      return new AppError('ACCESS_DENIED', 403, message, { cause: error })
    default:
      return new AppError('READ_FAILED', 500, message, { cause: error })
  }
}
