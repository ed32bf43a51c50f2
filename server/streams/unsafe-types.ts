/**
 * Extensions that Windows takes for dangerous by itself: Microsoft's unsafe file list (KB 291369). What Windows
 * decides also depends on how a type is registered (FTA_AlwaysUnsafe) and on software restriction policies, which only
 * the machine itself knows.
 */
const UNSAFE_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'ade adp app asp bas bat cer chm cmd cnt com cpl crt csh der exe fxp gadget grp hlp hpj hta img inf ins iso ' +
    'isp its js jse ksh lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz msc msh msh1 ' +
    'msh1xml msh2 msh2xml mshxml msi msp mst msu ops pcd pif pl plg prf prg printerexport ps1 ps1xml ps2 ps2xml ' +
    'psc1 psc2 psd1 psm1 pst reg scf scr sct shb shs theme tmp url vb vbe vbp vbs vhd vhdx vsmacros vsw webpnp ws ' +
    'wsc wsf wsh xnk'
  ).split(' '),
)

/** `extension`: lower case, without the dot. */
export function isUnsafeType(extension: string): boolean {
  return UNSAFE_EXTENSIONS.has(extension)
}
