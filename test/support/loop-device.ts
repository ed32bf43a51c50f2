/** An image as a block device, as a disk that is not mounted. Needs root and losetup of util-linux. */
import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'

const losetup = (...args: string[]) => spawnSync('losetup', args, { encoding: 'utf8' })

export function hasLoopDevices(): boolean {
  return process.getuid?.() === 0 && losetup('--find').status === 0
}

/** For use inside a test: gone when it is over. */
export function loopDevice(image: string): string {
  const { status, stdout, stderr } = losetup('--find', '--show', image)
  if (status !== 0) throw new Error(`losetup: ${stderr}`)
  const device = stdout.trim()
  onTestFinished(() => void losetup('--detach', device))
  return device
}
