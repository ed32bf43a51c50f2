/** One thing at a time for each rule: its caps are counted by what it did before. */
export interface RuleTurns {
  /** Does the work when all that was asked for before is over, whatever became of that. */
  take<T>(ruleId: number, work: () => Promise<T>): Promise<T>
  /** Resolves when all is over that was asked for. */
  over(): Promise<void>
}

export function createRuleTurns(): RuleTurns {
  const last = new Map<number, Promise<unknown>>()
  return {
    take: (ruleId, work) => {
      const before = last.get(ruleId) ?? Promise.resolve()
      const turn = before.catch(() => undefined).then(work)
      last.set(ruleId, turn)
      return turn.finally(() => {
        if (last.get(ruleId) === turn) last.delete(ruleId)
      })
    },
    over: async () => {
      while (last.size > 0) await Promise.allSettled(last.values())
    },
  }
}
