/**
 * An expected failure with a stable code. Thrown anywhere in central or agent; becomes `ErrorReply` in
 * the app's error handler, or one line on a terminal. The message says what happened, to what, and what
 * to do, and holds no secret.
 */
export class AppError extends Error {
  readonly code: string
  readonly statusCode: number
  readonly details: unknown

  constructor(
    code: string,
    statusCode: number,
    message: string,
    options: { cause?: unknown; details?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.statusCode = statusCode
    this.details = options.details
  }
}
