/** `sidestream central backup` and `sidestream central check`: beside a central that may go on running. */
import progress from 'cli-progress'
import Table from 'cli-table3'
import {
  type BackupProgress,
  backupCentral,
  checkCentral,
  leftOutOfBackup,
} from '../central/care.ts'
import { displayName } from '../streams/display-name.ts'
import { ExitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

export async function runBackup(data: string, target: string, terminal: Terminal): Promise<number> {
  const bar = terminal.isErrorTerminal ? backupBar(terminal) : undefined
  try {
    await backupCentral(data, target, (each) => bar?.update(each))
  } finally {
    bar?.stop()
  }
  await terminal.write(
    `Backed up to ${target}; check it with: sidestream central --data ${target} check\n`,
  )
  const leftOut = leftOutOfBackup(data, target)
  if (leftOut.length > 0) {
    const names = leftOut.map((name) => displayName(name)).join(', ')
    terminal.note(`Not in it, since central only reads it: ${names}. Keep copies of your own.`)
  }
  return ExitCode.complete
}

export async function runCheck(data: string, terminal: Terminal): Promise<number> {
  const table = new Table({ head: ['Checked', 'Faults'], style: { head: [], border: [] } })
  const faults: string[] = []
  for (const checked of checkCentral(data)) {
    if (terminal.isErrorTerminal) terminal.errorStream.write(`${checked.what}\n`)
    table.push([checked.what, checked.faultCount === 0 ? 'none' : String(checked.faultCount)])
    faults.push(...checked.faults)
  }
  await terminal.write(`${table.toString()}\n`)
  if (faults.length === 0) return ExitCode.complete
  await terminal.write(
    `${faults.join('\n')}\nPut back the newest backup that checks without faults.\n`,
  )
  return ExitCode.failed
}

/** Of a thousand: cli-progress rounds nothing for us. */
const STEPS = 1_000

function backupBar(terminal: Terminal) {
  const bar = new progress.SingleBar({
    stream: terminal.errorStream,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: false,
    gracefulExit: false,
    format: (_options, state, payload) =>
      `${Math.floor(state.progress * 100)} %  ${(payload as { file: string }).file}`,
  })
  let shown = ''
  return {
    update: ({ file, totalPages, remainingPages }: BackupProgress) => {
      if (file !== shown) bar.start(STEPS, 0, { file })
      shown = file
      bar.update(Math.round((1 - remainingPages / Math.max(1, totalPages)) * STEPS), { file })
    },
    stop: () => bar.stop(),
  }
}
