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
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
UMask=0077`

/**
 * Root without root's powers: it reads every file (CAP_DAC_READ_SEARCH), changes streams of files that are others'
 * (CAP_DAC_OVERRIDE, CAP_FOWNER), and puts carriers' times back. CAP_SYS_ADMIN is the kernel's price for notices of
 * all that changes on a file system (fanotify); what else it would allow is mostly behind system calls that the filter
 * keeps closed (mount, bpf, namespaces). Of devices, volumes can be read, for their $MFT.
 *
 * Nothing is hidden from it: ProtectHome, PrivateTmp, ProtectKernelModules and ProtectKernelLogs mount something empty
 * over what is there, and a scan would find nothing where there is something.
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
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_FOWNER CAP_CHOWN CAP_SYS_ADMIN
DevicePolicy=closed
DeviceAllow=block-* r
ProtectSystem=full
ProtectProc=invisible
SystemCallFilter=@system-service fanotify_init fanotify_mark open_by_handle_at
${NEVER_NEEDED}

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
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectSystem=strict
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
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
