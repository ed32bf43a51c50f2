import { Type } from 'typebox'

/** `cursor` and `limit` of every listing. */
export const PageQuery = {
  cursor: Type.Optional(
    Type.String({ maxLength: 1_024, description: '`cursor` of the page before' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
}
