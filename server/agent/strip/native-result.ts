/** What a failing native call means for one target of an order. */
import type { NativeError } from '../../../native/addon.ts'
import type { Result } from './result.ts'

/** As if the call had changed nothing; of one that may have, see after-error.ts. */
export function resultOf(error: unknown): Result {
  const { code, message } = error as NativeError
  switch (code) {
    case 'ADS_IDENTITY_CHANGED':
      return { outcome: 'changed', reason: 'Another file is at this path now.' }
    case 'ADS_NOT_FOUND':
      return { outcome: 'gone', reason: 'The file, or its stream, is not there any more.' }
    case 'ADS_ACCESS_DENIED':
      return { outcome: 'denied', reason: `The agent may not do this: ${message}` }
    case 'ADS_IN_USE':
    case 'ADS_DELETE_PENDING':
      return { outcome: 'in-use', reason: `Another program holds the file: ${message}` }
    case 'ADS_EXISTS':
      return { outcome: 'changed', reason: 'The file has a stream of this name.' }
    case 'ADS_READ_ONLY':
    case 'ADS_UNSUPPORTED':
    case 'ADS_INVALID_NAME':
      return { outcome: 'refused', reason: message }
    default:
      return { outcome: 'failed', reason: message }
  }
}
