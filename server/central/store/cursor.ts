/**
 * Page cursors: the key of the last row of a page, opaque to clients. A cursor only ever narrows a listing
 * that the caller may read anyway, so it needs no signature, but its shape is checked.
 */
import { AppError } from '../../shared/app-error.ts'

type KeyPart = string | number

export function encodeCursor(key: readonly KeyPart[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key in a cursor, of the types given by `like`. */
export function decodeCursor<Key extends readonly KeyPart[]>(cursor: string, like: Key): Key {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (
      Array.isArray(key) &&
      key.length === like.length &&
      like.every((part, index) => typeof key[index] === typeof part)
    ) {
      return key as unknown as Key
    }
  } catch {
    // Falls through: what is no JSON is refused like what has the wrong shape.
  }
  throw new AppError('REQUEST_INVALID', 400, 'cursor: not one that this listing gave')
}

/** Cuts a listing that was read with one row more than asked for, and says where the next page begins. */
export function cutPage<Row>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => readonly KeyPart[],
): { rows: Row[]; cursor: string | null } {
  if (rows.length <= limit) return { rows, cursor: null }
  const page = rows.slice(0, limit)
  return { rows: page, cursor: encodeCursor(keyOf(page[limit - 1] as Row)) }
}
