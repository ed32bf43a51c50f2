/** What may be asked of the clock. */
import { Cron } from 'croner'
import { AppError } from '../../shared/app-error.ts'

export interface CronSchedule {
  cron: string
  timeZone: string
}

/** Throws SCHEDULE_INVALID for what never comes, or comes more often than `minSeconds`. */
export function checkSchedule(schedule: CronSchedule | null, minSeconds: number): void {
  if (schedule === null) return
  const refuse = (message: string, cause?: unknown): AppError =>
    new AppError('SCHEDULE_INVALID', 400, `schedule: ${message}`, { cause })
  let runs: Date[]
  try {
    const options = { timezone: schedule.timeZone, paused: true }
    // So many show how close two runs come, also where hours and days are named.
    runs = new Cron(schedule.cron, options).nextRuns(300)
  } catch (error) {
    throw refuse((error as Error).message, error)
  }
  if (runs.length === 0) throw refuse('it never comes')
  const isTooOften = runs.some(
    (run, index) =>
      index > 0 && run.getTime() - (runs[index - 1] as Date).getTime() < minSeconds * 1_000,
  )
  if (isTooOften) throw refuse(`runs must be ${minSeconds} seconds apart at least`)
}

/** Calls `run` at its times, never twice at once; returns undefined where there is no schedule. */
export function startSchedule(
  schedule: CronSchedule | null,
  run: () => Promise<void>,
): Cron | undefined {
  if (schedule === null) return undefined
  const options = { timezone: schedule.timeZone, protect: true, unref: true }
  return new Cron(schedule.cron, options, run)
}
