/**
 * Reads the Attachment Manager's policies of the users who are signed in, from their part of the registry. They are
 * policies of users: what a service finds as its own are the defaults, and nobody's.
 */
import { execFile } from 'node:child_process'
import { platform } from 'node:os'
import { promisify } from 'node:util'
import type {
  AttachmentPoliciesReply,
  AttachmentPolicy,
} from '../../protocol/attachment-policies.ts'

/** Throws where there is no such key, or it cannot be read. */
export type QueryRegistry = (...args: string[]) => Promise<string>

/** A terminal server has many; reading them takes a process each. */
const MAX_USERS = 64
/** Accounts of a PC or a domain, and of Entra ID: not the system's own, nor the classes beside each. */
const PERSON = /^HKEY_USERS\\(S-1-(?:5-21|12-1)-[\d-]+)\s*$/gm
const POLICIES = 'Software\\Microsoft\\Windows\\CurrentVersion\\Policies'
const NOT_SAVED = 1

const run = promisify(execFile)

const reg: QueryRegistry = async (...args) => {
  const options = { encoding: 'utf8', timeout: 5_000, windowsHide: true } as const
  const { stdout } = await run('C:\\Windows\\System32\\reg.exe', ['query', ...args], options)
  return stdout
}

/** None elsewhere than on Windows: who opens a file there does not do it there. */
export async function readAttachmentPolicies(
  query: QueryRegistry | null = platform() === 'win32' ? reg : null,
): Promise<AttachmentPoliciesReply> {
  if (query === null) return { policies: [], unreadUsers: 0 }
  const people = [...(await query('HKU')).matchAll(PERSON)].map(([, sid]) => sid as string)
  const found = new Map<string, { policy: AttachmentPolicy; users: number }>()
  let unreadUsers = Math.max(0, people.length - MAX_USERS)
  for (const sid of people.slice(0, MAX_USERS)) {
    // The folder of all policies is there for everybody: its absence says that it cannot be read, not that there are none.
    const text = await query(`HKU\\${sid}\\${POLICIES}`, '/s').catch(() => null)
    if (text === null) {
      unreadUsers += 1
      continue
    }
    const policy = policyIn(text)
    const key = JSON.stringify(policy)
    found.set(key, { policy, users: (found.get(key)?.users ?? 0) + 1 })
  }
  const policies = [...found.values()].sort((a, b) => b.users - a.users)
  return { policies, unreadUsers }
}

/** As reg.exe prints a key with all below it. */
function policyIn(text: string): AttachmentPolicy {
  const values = new Map<string, string>()
  let key = ''
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('HKEY_'))
      key = line
        .slice(line.lastIndexOf('\\') + 1)
        .trim()
        .toLowerCase()
    const value = /^ {4}(\S+) {4}REG_[A-Z_]+ {4}(.*)$/.exec(line)
    if (value !== null) values.set(`${key}\\${value[1]?.toLowerCase()}`, value[2]?.trim() ?? '')
  }
  const list = (name: string) => extensionsIn(values.get(`associations\\${name}`))
  return {
    highRisk: list('highriskfiletypes'),
    moderateRisk: list('modriskfiletypes'),
    lowRisk: list('lowriskfiletypes'),
    writesMarks: Number(values.get('attachments\\savezoneinformation')) !== NOT_SAVED,
  }
}

function extensionsIn(text = ''): string[] {
  const extensions = text
    .split(/[;,\s]+/)
    .map((item) => item.replace(/^\*?\./, '').toLowerCase())
    .filter((item) => item !== '' && item.length <= 32)
  return [...new Set(extensions)].sort().slice(0, 512)
}
