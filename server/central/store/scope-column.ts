/** Scopes in columns: JSON of the labels, or NULL. */
import type { EffectiveScope } from '../../protocol/api/scope.ts'

export function readScope(json: string | null): EffectiveScope {
  return json === null ? null : (JSON.parse(json) as string[])
}

export function writeScope(scope: EffectiveScope): string | null {
  return scope === null ? null : JSON.stringify(scope)
}
