/** People of the directory as users of central: at sign-in, and looked up again while they can act. */
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../../shared/logger.ts'
import type { StoredUser, UserStore } from '../../store/user-store.ts'
import type { CheckedPassword } from '../sign-in-service.ts'
import type { VouchedAccounts } from '../vouched-accounts.ts'
import { createDirectory, type DirectoryAnswer, type DirectoryPerson } from './directory.ts'
import type { DirectoryConfig } from './directory-config.ts'

export interface DirectoryAccounts {
  /** Never throws for what the directory does or says. */
  check(username: string, password: string): Promise<CheckedPassword>
  /** Whether it did when it was last asked. */
  isAnswering(): boolean
  stop(): void
}

export function createDirectoryAccounts(
  config: DirectoryConfig,
  parts: { users: UserStore; vouched: VouchedAccounts; clock: Clock; logger: Logger },
): DirectoryAccounts {
  const { users, vouched, clock, logger } = parts
  const directory = createDirectory(config)
  let isAnswering = true

  /** Null: it could not say. */
  const ask = async (question: () => Promise<DirectoryAnswer>): Promise<DirectoryAnswer | null> => {
    try {
      const answer = await question()
      isAnswering = true
      return answer
    } catch (error) {
      isAnswering = false
      logger.warn({ err: error, url: config.url }, 'the directory could not be asked')
      return null
    }
  }

  const admit = (person: DirectoryPerson): CheckedPassword => {
    const vouchedUntil = clock.now() + config.trustMinutes * 60_000
    return vouched.admit({ ...person, source: 'directory', vouchedUntil })
  }

  /** False: no use to ask for others now. */
  const recheck = async (user: StoredUser): Promise<boolean> => {
    const answer = await ask(() => directory.lookUp(user.externalId!))
    if (answer === null) return false
    const checked = 'refused' in answer ? answer : admit(answer)
    if ('refused' in checked) vouched.withdraw(user, checked.refused)
    return true
  }

  let isRechecking = false
  const recheckAll = async (): Promise<void> => {
    if (isRechecking) return
    isRechecking = true
    try {
      for (const user of users.listVouched('directory', clock.now())) {
        if (!(await recheck(user))) return
      }
    } catch (error) {
      logger.error({ err: error }, 'people of the directory could not be looked up again')
    } finally {
      isRechecking = false
    }
  }
  const timer =
    config.readAs.as === 'service'
      ? setInterval(() => void recheckAll(), config.recheckMinutes * 60_000)
      : undefined

  return {
    check: async (username, password) => {
      const answer = await ask(() => directory.authenticate(username, password))
      if (answer === null) return { refused: 'directory-unavailable' }
      return 'refused' in answer ? answer : admit(answer)
    },
    isAnswering: () => isAnswering,
    stop: () => clearInterval(timer),
  }
}
