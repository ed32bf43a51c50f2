/**
 * The installer's description, for wixl (msitools) on Linux and for WiX 3. One component a folder, with a
 * GUID that follows from its place, so that versions agree on what is the same.
 *
 * The codes below never change: they are how Windows knows a later version of the product.
 */
import { createHash } from 'node:crypto'
import { EVENT_SOURCE } from '../../../server/agent/system-events.ts'
import type { Staged } from '../stage.ts'

const UPGRADE_CODE = '5C6E9A53-4B5D-4C0E-9C56-0B1E8E2F7A41'
/** The service's program; the key of the component that holds the service. */
const NODE = 'node.exe'
/** The stream of the package that holds its files. */
export const CABINET = 'sidestream.cab'
const NAMESPACE = Buffer.from('8d1a2f0e5b7c4b6f9e7763a1c2d40f58', 'hex')

export function productXml(staged: Staged, version: string): string {
  const tree = treeOf(staged.files)
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="*" Name="Sidestream Agent" Language="1033" Version="${version}" Manufacturer="Sidestream" UpgradeCode="${UPGRADE_CODE}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine"/>
    <MajorUpgrade DowngradeErrorMessage="A newer version of Sidestream is installed."/>
    <Media Id="1" Cabinet="${CABINET}" EmbedCab="yes"/>
    <Property Id="MsiHiddenProperties" Value="ENROLMENT"/>
    <Property Id="ARPNOMODIFY" Value="1"/>
    <Condition Message="Sidestream needs a 64-bit Windows 10, Windows Server 2016 or newer.">Installed OR VersionNT64 &gt;= 603</Condition>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="Sidestream">
${directoryXml(tree)}
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="Agent" Level="1">
${componentsOf(tree)
  .map((id) => `      <ComponentRef Id="${id}"/>`)
  .join('\n')}
    </Feature>
${ACTIONS}
  </Product>
</Wix>
`
}

/**
 * Deferred actions run as the system, after the file they run is there and before it goes. \`Configure\` closes the
 * folders, sets what the service table cannot, and leaves the enrolment to the agent, which tries until it is done.
 */
const ACTIONS = `    <CustomAction Id="Configure" FileKey="NodeExe" ExeCommand='"[INSTALLDIR]server\\cli\\sidestream.mjs" agent service configure --enrolment "[ENROLMENT]" --scope "[SCOPE]"' Execute="deferred" Impersonate="no" Return="check"/>
    <CustomAction Id="RemoveCache" FileKey="NodeExe" ExeCommand='"[INSTALLDIR]remove-folder.mjs" "[INSTALLDIR].sidestream"' Execute="deferred" Impersonate="no" Return="ignore"/>
    <CustomAction Id="Purge" FileKey="NodeExe" ExeCommand='"[INSTALLDIR]remove-folder.mjs" "[CommonAppDataFolder]Sidestream"' Execute="deferred" Impersonate="no" Return="ignore"/>
    <InstallExecuteSequence>
      <Custom Action="Configure" After="InstallServices">NOT REMOVE~="ALL"</Custom>
      <Custom Action="RemoveCache" Before="Purge">REMOVE~="ALL"</Custom>
      <Custom Action="Purge" Before="RemoveFiles">REMOVE~="ALL" AND PURGE="1" AND NOT UPGRADINGPRODUCTCODE</Custom>
    </InstallExecuteSequence>`

/**
 * What wixl has no words for, or misunderstands: where actions stand; the enrolment's token stays out of the installer's log (0x2000 hides the action's
 * command line there), and reaches the elevated half of an installation that a person started.
 */
export const CORRECTIONS = [
  // While the program still is there: DeleteServices comes at 2000, RemoveFiles at 3500.
  `UPDATE InstallExecuteSequence SET Sequence = 3490 WHERE Action = 'RemoveCache'`,
  `UPDATE InstallExecuteSequence SET Sequence = 3491 WHERE Action = 'Purge'`,
  `UPDATE CustomAction SET Type = ${18 + 0x400 + 0x800 + 0x2000} WHERE Action = 'Configure'`,
  `UPDATE Property SET Value = 'ENROLMENT;PURGE;SCOPE;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE Property = 'SecureCustomProperties'`,
]

/**
 * The service's name: WINDOWS_SERVICE of server/cli/run-service.ts. Its process is the pinned Node itself. Its source in
 * the event log is written here as \`configure\` writes it, so that it goes with the product.
 */
const SERVICE = `
              <ServiceInstall Id="ServiceInstall" Name="SidestreamAgent" DisplayName="Sidestream Agent" Description="Finds NTFS alternate data streams on this machine, reports them to central and carries out approved orders." Type="ownProcess" Start="auto" ErrorControl="normal" Account="LocalSystem" Arguments='"[INSTALLDIR]server\\cli\\sidestream.mjs" agent run --service' Interactive="no" Vital="yes"/>
              <RegistryKey Root="HKLM" Key="SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${EVENT_SOURCE}">
                <RegistryValue Name="EventMessageFile" Type="expandable" Value="%SystemRoot%\\System32\\EventCreate.exe"/>
                <RegistryValue Name="TypesSupported" Type="integer" Value="7"/>
              </RegistryKey>
              <ServiceControl Id="ServiceControl" Name="SidestreamAgent" Start="install" Stop="both" Remove="uninstall" Wait="yes"/>`

interface Tree {
  /** With `/` at its end; the top one is empty. */
  readonly path: string
  readonly files: string[]
  readonly folders: Map<string, Tree>
}

function treeOf(files: readonly string[]): Tree {
  const top: Tree = { path: '', files: [], folders: new Map() }
  for (const file of files) {
    const names = file.split('/')
    let at = top
    for (const name of names.slice(0, -1)) {
      const path = `${at.path}${name}/`
      const inner: Tree = at.folders.get(name) ?? { path, files: [], folders: new Map() }
      at.folders.set(name, inner)
      at = inner
    }
    at.files.push(names.at(-1)!)
  }
  return top
}

const componentId = (folder: string) => `c.${shortHash(folder)}`

function componentsOf({ path, files, folders }: Tree): string[] {
  const below = [...folders.values()].flatMap(componentsOf)
  return files.length === 0 ? below : [componentId(path), ...below]
}

function directoryXml({ path, files, folders }: Tree): string {
  const below = [...folders].map(
    ([name, tree]) =>
      `<Directory Id="d.${shortHash(tree.path)}" Name="${xmlText(name)}">\n${directoryXml(tree)}\n</Directory>`,
  )
  if (files.length === 0) return below.join('\n')
  const key = files.includes(NODE) ? NODE : files[0]
  const inside = files.map((name) => {
    const id = fileId(`${path}${name}`)
    const isKey = name === key ? ' KeyPath="yes"' : ''
    return `  <File Id="${id}" Name="${xmlText(name)}" Source="${xmlText(`${path}${name}`)}"${isKey}/>`
  })
  const service = path === '' ? SERVICE : ''
  const own = `<Component Id="${componentId(path)}" Guid="${guidOf(path)}" Win64="yes">
${inside.join('\n')}${service}
</Component>`
  return [own, ...below].join('\n')
}

/** What the installer's tables and its cabinet call a file. */
export const fileId = (path: string) => (path === NODE ? 'NodeExe' : `f.${shortHash(path)}`)

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 24)

/** RFC 9562, version 5. */
function guidOf(text: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(text.toLowerCase()).digest()
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex').toUpperCase()
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-')
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
