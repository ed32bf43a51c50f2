import { isIP } from 'node:net'

/** Whether what is sent there stays on this PC, so that it may be plain text. As a URL has it, with or without []. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
