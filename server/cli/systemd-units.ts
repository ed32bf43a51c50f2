/**
 * The units of agent and central for systemd: what `service install` writes and what packages hold. Checked by
 * `systemd-analyze verify` and `security` in test/unit/cli/systemd-units.test.ts.
 */

export interface UnitPrograms {
  /** Absolute path of the pinned Node. */
  readonly node: string
  /** Absolute path of sidestream.mjs. */
  readonly main: string
}

/** What neither of the two ever needs. V8 makes code at run time, so MemoryDenyWriteExecute stays away. */
const NEVER_NEEDED = `NoNewPrivileges=yes
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077`

/**
 * Root without root's powers: it reads every file (CAP_DAC_READ_SEARCH), changes streams of files that are others'
 * (CAP_DAC_OVERRIDE, CAP_FOWNER), and puts carriers' times back. Block devices stay reachable, to read $MFT.
 */
export function agentUnit({ node, main }: UnitPrograms): string {
  return `[Unit]
Description=Sidestream agent
Documentation=file://${folderOf(main)}/../agent/DEPLOYMENT.md
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${quoted(node)} ${quoted(main)} agent run --state /var/lib/sidestream/agent
StateDirectory=sidestream sidestream/agent
StateDirectoryMode=0700
Restart=on-failure
RestartSec=5
TimeoutStopSec=60
Nice=10
IOSchedulingClass=idle
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_FOWNER CAP_CHOWN
ProtectSystem=full
ProtectProc=invisible
${NEVER_NEEDED.replace('SystemCallFilter=~@privileged @resources', 'SystemCallFilter=~@resources')}

[Install]
WantedBy=multi-user.target
`
}

/** A user of its own, which sees its data folder and nothing else that can be written. */
export function centralUnit({ node, main }: UnitPrograms): string {
  return `[Unit]
Description=Sidestream central
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=sidestream
Group=sidestream
EnvironmentFile=-/etc/sidestream/central.env
Environment=SIDESTREAM_DATA=/var/lib/sidestream-central
ExecStart=${quoted(node)} ${quoted(main)} central
StateDirectory=sidestream-central
StateDirectoryMode=0700
Restart=on-failure
RestartSec=5
TimeoutStopSec=60
LimitNOFILE=65536
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectHome=yes
ProtectSystem=strict
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
${NEVER_NEEDED}

[Install]
WantedBy=multi-user.target
`
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** systemd takes a path with spaces in quotes; % would begin a specifier. */
function quoted(path: string): string {
  const escaped = path.replaceAll('%', '%%')
  return /[\s"']/.test(path) ? `"${escaped.replaceAll('"', '\\"')}"` : escaped
}
