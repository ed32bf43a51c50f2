/**
 * Extensions of what Windows runs, opens with a program that runs it, or mounts. From Microsoft's unsafe
 * file list (KB 291369) without those that say nothing in a stream's name (`tmp`, `url`, `theme`, …), and
 * with those that came later.
 */
const EXECUTABLE_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'appx bat chm cmd com cpl diagcab dll docm drv exe gadget hlp hta img inf iso jar js jse lnk msc msi ' +
    'msix msp mst ocx one pif pptm ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 py pyw reg scf scr sct ' +
    'settingcontent-ms sh shb shs sys vb vbe vbs vhd vhdx ws wsc wsf wsh xlam xll xlsm'
  ).split(' '),
)

/** Whether a stream's name ends in the extension of a program, script or container. */
export function hasExecutableName(streamName: string): boolean {
  // Win32 drops dots and blanks at the end of a name, so that `a.exe ` still starts as `a.exe`.
  const name = streamName.replace(/[. ]+$/, '').toLowerCase()
  const dot = name.lastIndexOf('.')
  return dot >= 0 && EXECUTABLE_EXTENSIONS.has(name.slice(dot + 1))
}
