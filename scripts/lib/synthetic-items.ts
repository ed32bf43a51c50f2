/** The streams of a made-up fleet as they are, whichever machine has them: paths, origins, sizes, verdicts. */
import { hash } from 'node:crypto'
import type { Origin, ReportedStream } from '../../server/protocol/stream.ts'
import { type Random, randomFrom, zipf } from './seeded-random.ts'

/** Everything but where it is and when it was written. */
export type MadeItem = Omit<ReportedStream, 'volumeId' | 'identity' | 'modifiedAt'>

const EXTENSIONS = [
  'pdf',
  'pdf',
  'pdf',
  'exe',
  'exe',
  'docx',
  'docx',
  'xlsx',
  'xlsx',
  'zip',
  'msi',
  'jpg',
  'jpg',
  'png',
  'pptx',
  'html',
  'msg',
  'eml',
  'dll',
  'ps1',
  'xlsm',
  'docm',
  'chm',
  'iso',
  'txt',
  'csv',
  'mp4',
  'cab',
]
const WORDS = [
  'setup',
  'installer',
  'report',
  'invoice',
  'manual',
  'update',
  'driver',
  'catalogue',
  'minutes',
  'contract',
  'template',
  'guide',
  'client',
  'viewer',
  'toolkit',
  'archive',
  'presentation',
  'budget',
  'schedule',
  'photo',
  'drawing',
  'offer',
  'order',
  'release',
  'notes',
  'training',
  'policy',
  'network',
  'printer',
  'scanner',
]
const VENDORS = [
  'Contoso',
  'Fabrikam',
  'Northwind',
  'Litware',
  'Adatum',
  'Proseware',
  'Tailspin',
  'Wingtip',
  'Alpine',
  'Humongous',
  'Lucerne',
  'Margie',
  'Relecloud',
  'Southridge',
  'Trey',
  'Woodgrove',
]
const TOP_LEVELS = ['com', 'com', 'com', 'net', 'org', 'de', 'fr', 'io']
const FIRST_NAMES = [
  'ann',
  'bob',
  'chris',
  'dana',
  'eva',
  'finn',
  'grace',
  'hugo',
  'ines',
  'jan',
  'kim',
  'leo',
]
const OTHER_STREAMS = [
  ['SmartScreen', 'harmless', 'known-harmless', 7],
  ['favicon', 'harmless', 'known-harmless', 3_200],
  ['com.dropbox.attrs', 'harmless', 'known-harmless', 83],
  ['AFP_AfpInfo', 'keep', 'known-data', 60],
  ['\u0005SummaryInformation', 'keep', 'known-data', 480],
  ['ms-properties', 'unknown', 'unknown-name', 900],
  ['notes', 'unknown', 'unknown-name', 150],
] as const

const DOMAIN_COUNT = 4_000
const domainRank = zipf(DOMAIN_COUNT, 1.05)
const domains: string[] = []

/** The same for the same rank, on every machine that has it. */
export function sharedItem(seed: number, rank: number): MadeItem {
  const random = randomFrom(seed, 101, rank)
  const vendor = random.of(VENDORS)
  const product = `${vendor} ${capital(random.of(WORDS))} ${1 + random.below(30)}`
  const folder = random.of([
    `C:\\Program Files\\${vendor}\\${product}\\`,
    `C:\\Program Files\\${vendor}\\${product}\\resources\\${random.of(WORDS)}\\`,
    `C:\\ProgramData\\Package Cache\\${product}\\`,
    `C:\\Users\\Public\\Documents\\${capital(random.of(WORDS))}\\`,
    `D:\\Install\\${vendor}\\${2018 + random.below(8)}\\`,
    `C:\\Tools\\${random.of(WORDS)}\\`,
  ])
  return made(random, folder, `${random.of(WORDS)}-${random.of(WORDS)}-${rank % 9_973}`)
}

/** On one machine only: in a person's folders, with an address that nobody else was given. */
export function ownItem(random: Random, machine: number): MadeItem {
  const user = `${FIRST_NAMES[machine % FIRST_NAMES.length]}.${machine}`
  const folder = random.of([
    `C:\\Users\\${user}\\Downloads\\`,
    `C:\\Users\\${user}\\Downloads\\`,
    `C:\\Users\\${user}\\Desktop\\`,
    `C:\\Users\\${user}\\Documents\\${capital(random.of(WORDS))}\\`,
    `C:\\Users\\${user}\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\${random.hex(8).toUpperCase()}\\`,
  ])
  return made(random, folder, `${random.of(WORDS)} ${random.below(1_000_000)}`)
}

function made(random: Random, folder: string, stem: string): MadeItem {
  const extension = random.of(EXTENSIONS)
  const name = `${stem}.${extension}`
  const path = folder + name
  const sha256 = hash('sha256', `${path}${random.hex(8)}`)
  const carrier = { path, links: [path], kind: 'file' as const, sha256 }
  const kind = random.next()
  if (kind < 0.9) {
    const origin = originOf(random, name)
    const length = 40 + (origin.hostUrl?.length ?? 0) + (origin.referrerUrl?.length ?? 0)
    return {
      stream: 'Zone.Identifier',
      ...carrier,
      ...sizes(length),
      origin,
      verdict: 'mark',
      rule: 'zone-identifier',
    }
  }
  if (kind > 0.9995) {
    return {
      stream: 'payload.exe',
      ...carrier,
      ...sizes(90_000 + random.below(1_000_000)),
      origin: null,
      verdict: 'suspicious',
      rule: 'content-windows-program',
    }
  }
  const [stream, verdict, rule, size] = random.of(OTHER_STREAMS)
  return { stream, ...carrier, ...sizes(size + random.below(20)), origin: null, verdict, rule }
}

function originOf(random: Random, name: string): Origin {
  const origin: Origin = {
    id: 3,
    hostUrl: null,
    referrerUrl: null,
    hostIpAddress: null,
    lastWriterPackageFamilyName: null,
    appZoneId: null,
    appDefinedZoneId: null,
  }
  const kind = random.next()
  if (kind < 0.04) return { ...origin, id: random.below(3) }
  // Mail programs and Explorer's own copies tell a zone and nothing else.
  if (kind < 0.25) return origin
  if (kind < 0.3) {
    return { ...origin, lastWriterPackageFamilyName: 'Microsoft.MicrosoftEdge_8wekyb3d8bbwe' }
  }
  const domain = domainOf(domainRank(random))
  const site = `https://${random.of(['www', 'support', 'portal', 'shop'])}.${domain}/`
  const place = `${random.of(WORDS)}/${2018 + random.below(8)}/${random.below(400)}`
  const query = random.next() < 0.15 ? `?token=${random.hex(24)}` : ''
  return {
    ...origin,
    hostUrl: `https://${random.of(['cdn', 'download', 'files', 'dl'])}.${domain}/${place}/${name.replaceAll(' ', '%20')}${query}`,
    referrerUrl: random.next() < 0.7 ? `${site}${random.of(WORDS)}` : site,
  }
}

function sizes(sizeBytes: number) {
  const isResident = sizeBytes < 600
  const allocatedBytes = isResident ? 0 : Math.ceil(sizeBytes / 4_096) * 4_096
  return { sizeBytes, allocatedBytes, isResident }
}

function domainOf(rank: number): string {
  domains[rank] ??= madeDomain(rank)
  return domains[rank]
}

function madeDomain(rank: number): string {
  const random = randomFrom(7, rank)
  return `${random.of(VENDORS).toLowerCase()}-${random.of(WORDS)}${rank}.${random.of(TOP_LEVELS)}`
}

function capital(word: string): string {
  return (word[0] ?? '').toUpperCase() + word.slice(1)
}
