/**
 * What Windows does with a carrier because of its mark, and why. Each effect says how sure it is: `documented` by
 * its maker, `observed` by others, `depends` on what only the machine knows. Pure: central, console and command
 * line explain alike.
 */
import type { AttachmentPolicy } from '../protocol/attachment-policies.ts'
import type { Origin } from '../protocol/stream.ts'
import { extensionOf, fileNameOf } from './path-parts.ts'
import { isUnsafeType } from './unsafe-types.ts'

export interface ExplainedCarrier {
  path: string
  kind: 'file' | 'directory'
  /** Null: there is no Zone.Identifier, or it says nothing that can be read. */
  origin: Origin | null
  /** Policies of the Attachment Manager that apply to the user; null: nobody has told. */
  policies: AttachmentPolicies | null
}

/** Of the most users who are signed in on the machine. */
export interface AttachmentPolicies {
  policy: AttachmentPolicy
  users: number
  /** All who are signed in. */
  ofUsers: number
}

export interface Effect {
  /** Who does it: a part of Windows or a program. */
  by: string
  what: string
  certainty: 'documented' | 'observed' | 'depends'
}

export interface Explanation {
  /** Of the mark; null: none. */
  zone: number | null
  zoneName: string
  extension: string
  risk: 'high' | 'moderate' | 'low' | 'none'
  riskReason: string
  effects: Effect[]
  /** Of where the file lies, if its path tells. */
  location: string
  caveats: string[]
}

const ZONE_NAMES = ['this PC', 'intranet', 'trusted', 'Internet', 'restricted']
const OFFICE_MACRO_TYPES = words(
  'doc docm dot dotm xls xlsm xlsb xlt xltm xla xlam xll ppt pptm pot potm pps ppsm ppa ppam mdb accdb accde mpp vsd vsdm pub',
)
const OFFICE_TYPES = words('docx docm doc xlsx xlsm xlsb xls pptx pptm ppt rtf odt ods odp')
const PROGRAM_TYPES = words('exe com scr msi msix appx bat cmd pif')
const SCRIPT_TYPES = words('ps1 psm1 psd1 ps1xml')
const ASSEMBLY_TYPES = words('dll exe')
const CONTAINER_TYPES = words('iso img vhd vhdx zip rar 7z cab')

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

export function explain(carrier: ExplainedCarrier): Explanation {
  const { origin, policies, path, kind } = carrier
  const extension = kind === 'directory' ? '' : extensionOf(fileNameOf(path))
  const zone = origin?.id ?? null
  const { risk, riskReason } =
    kind === 'directory'
      ? { risk: 'none' as const, riskReason: 'A folder is not opened as a file.' }
      : riskOf(extension, policies)
  const isFile = kind === 'file'
  const isOutside = zone !== null && zone >= 3
  return {
    zone,
    zoneName: zone === null ? 'none' : (ZONE_NAMES[zone] ?? `custom zone ${zone}`),
    extension,
    risk,
    riskReason,
    effects: isFile && isOutside ? effectsOf(zone, extension, risk) : quietEffects(origin, isFile),
    location: locationOf(path),
    caveats: isFile ? caveatsOf(carrier, isOutside) : [],
  }
}

/** High goes before moderate before low, and lists of policies before what is built in. */
function riskOf(
  extension: string,
  policies: AttachmentPolicies | null,
): Pick<Explanation, 'risk' | 'riskReason'> {
  const dotted = extension === '' ? 'no extension' : `.${extension}`
  const listed = (risk: Explanation['risk']) => ({
    risk,
    riskReason: `A policy of this machine lists ${dotted} as ${risk} risk.`,
  })
  if (policies?.policy.highRisk.includes(extension)) return listed('high')
  if (policies?.policy.moderateRisk.includes(extension)) return listed('moderate')
  if (policies?.policy.lowRisk.includes(extension)) return listed('low')
  if (isUnsafeType(extension)) {
    return {
      risk: 'high',
      riskReason: `${dotted} is in the list of types that Windows calls unsafe.`,
    }
  }
  return {
    risk: 'moderate',
    riskReason: `${dotted} is in no list; Windows then takes it as moderate.`,
  }
}

function effectsOf(zone: number, extension: string, risk: Explanation['risk']): Effect[] {
  const effects: Effect[] = []
  const add = (by: string, certainty: Effect['certainty'], what: string): void => {
    effects.push({ by, what, certainty })
  }
  if (risk === 'low') {
    add('Explorer', 'documented', 'opens it without asking, whatever its zone: a policy says so')
  } else if (risk === 'high') {
    const what =
      zone === 4
        ? 'does not open it: a file of the restricted zone with a dangerous type is blocked'
        : 'asks before it opens it (“Open File - Security Warning”)'
    add('Explorer', 'documented', what)
  } else {
    add('Explorer', 'depends', 'opens it without asking, unless its type is registered as unsafe')
  }
  if (zone === 3 && PROGRAM_TYPES.has(extension)) {
    add('SmartScreen', 'observed', 'checks the reputation of the program before it runs')
  }
  if (OFFICE_MACRO_TYPES.has(extension)) {
    const unless = 'unless its place or its publisher is trusted, or a policy allows it'
    add('Office', 'documented', `blocks its macros, ${unless}`)
  }
  if (OFFICE_TYPES.has(extension)) add('Office', 'documented', 'opens it in Protected View')
  if (SCRIPT_TYPES.has(extension)) {
    const what = 'refuses it unsigned where the execution policy is RemoteSigned or stricter'
    add('PowerShell', 'documented', what)
  }
  if (ASSEMBLY_TYPES.has(extension)) {
    const what =
      'does not load it as an assembly, unless loadFromRemoteSources is on (.NET Framework 4)'
    add('.NET Framework', 'documented', what)
  }
  if (extension === 'chm') add('HTML Help', 'observed', 'shows its pages empty')
  if (CONTAINER_TYPES.has(extension)) {
    const what =
      'may or may not give the mark on to what is taken out of it, depending on the program'
    add('the archiver', 'observed', what)
  }
  add(
    'Explorer',
    'documented',
    'does not show it in the preview pane (updates from October 2025 on)',
  )
  return effects
}

/** Where the mark holds nothing up. */
function quietEffects(origin: Origin | null, isFile: boolean): Effect[] {
  if (!isFile) return []
  if (origin === null || (origin.id === null && origin.appZoneId === null)) {
    const what = 'opens it as a file of this PC: there is no mark with a zone'
    return [{ by: 'Windows', what, certainty: 'documented' }]
  }
  if (origin.id === null) {
    const what =
      'opens it as a file of this PC: AppZoneId alone is no zone, though the stream is there'
    return [{ by: 'Windows', what, certainty: 'observed' }]
  }
  const what = `opens it without asking: the ${ZONE_NAMES[origin.id] ?? 'custom'} zone is not held up`
  return [{ by: 'Windows', what, certainty: origin.id < 0 ? 'depends' : 'documented' }]
}

/** PowerShell's reading of a share; Windows itself asks its zone map, which may say otherwise. */
function locationOf(path: string): string {
  const host = /^[\\/]{2}([^\\/?.][^\\/]*)[\\/]/.exec(path)?.[1]
  if (host === undefined) return ''
  const isIntranet = !host.includes('.') && !host.includes(':')
  return isIntranet
    ? `on the share of ${host}, a name without a dot: taken as intranet`
    : `on the share of ${host}, an address or a name with a dot: taken as Internet unless the zone map says otherwise, and then taking the mark off changes nothing`
}

function caveatsOf({ policies, origin }: ExplainedCarrier, isOutside: boolean): string[] {
  const caveats: string[] = []
  if (policies === null) {
    caveats.push(
      'The policies of this machine’s users are not known: they can make a type more or less risky, or keep marks from being written.',
    )
  } else {
    caveats.push(...policyCaveats(policies))
  }
  if (isOutside) {
    caveats.push(
      'Programs that are running remember the zone for a while: after the mark is gone, Explorer and Office may still act on it.',
      'A trusted location, a trusted publisher or a document that was trusted before is not held up.',
    )
  } else {
    caveats.push(
      'A file without a mark may still have come from the Internet: FAT volumes, many archivers and command-line downloads leave none.',
    )
  }
  if (origin?.lastWriterPackageFamilyName) {
    caveats.push('Its writer is a Store app, whose AppDefinedZoneId Windows may prefer.')
  }
  return caveats
}

function policyCaveats({ policy, users, ofUsers }: AttachmentPolicies): string[] {
  const caveats =
    users === ofUsers
      ? [`The policies are those of who is signed in on this machine now (${ofUsers}).`]
      : [
          `The policies are those of ${users} of ${ofUsers} users who are signed in on this machine; the others’ differ, or cannot be read.`,
        ]
  if (!policy.writesMarks) {
    caveats.push(
      'A policy keeps marks from being written for these users: what they download has none, wherever it is from.',
    )
  }
  return caveats
}
