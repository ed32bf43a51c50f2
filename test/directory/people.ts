/** A small directory: people, groups in groups, an entry that refers to elsewhere. */
import { ROOT_DN, ROOT_PASSWORD, SUFFIX } from '../support/slapd-server.ts'

export const PASSWORD = 'a password of the directory'
export { ROOT_DN, ROOT_PASSWORD }

const person = (uid: string): string => `
dn: uid=${uid},ou=people,${SUFFIX}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${PASSWORD}
`

const group = (name: string, ...members: string[]): string => `
dn: cn=${name},ou=groups,${SUFFIX}
objectClass: groupOfNames
cn: ${name}
${members.map((member) => `member: ${member},${SUFFIX}`).join('\n')}
`

export const LDIF = `
dn: ${SUFFIX}
objectClass: domain
dc: example

dn: ou=people,${SUFFIX}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${SUFFIX}
objectClass: organizationalUnit
ou: groups
${['ada', 'olga', 'vera', 'nora', 'admin'].map(person).join('')}
dn: uid=twin,ou=people,${SUFFIX}
objectClass: inetOrgPerson
uid: twin
uid: vera2
cn: twin
sn: twin
userPassword: ${PASSWORD}

dn: cn=other twin,ou=people,${SUFFIX}
objectClass: inetOrgPerson
uid: twin
cn: other twin
sn: twin
userPassword: ${PASSWORD}

dn: cn=elsewhere,ou=people,${SUFFIX}
objectClass: referral
objectClass: extensibleObject
cn: elsewhere
ref: ldap://127.0.0.1:1/ou=people,${SUFFIX}
${group('stream operators', 'uid=olga,ou=people', 'uid=twin,ou=people', 'uid=admin,ou=people')}
${group('stream viewers', 'uid=vera,ou=people', 'uid=olga,ou=people')}
${group('desk', 'uid=ada,ou=people')}
${group('helpdesk', 'cn=desk,ou=groups')}
`

export const groupDn = (name: string): string => `cn=${name},ou=groups,${SUFFIX}`
export const personDn = (uid: string): string => `uid=${uid},ou=people,${SUFFIX}`

/** What a directory.json needs, as the service account, over the plain port. */
export const directoryFile = (url: string): Record<string, unknown> => ({
  url,
  readAs: { as: 'service', dn: ROOT_DN, passwordFile: 'service.secret' },
  users: { base: `ou=people,${SUFFIX}`, name: 'uid', id: 'entryUUID' },
  // Cased and spaced unlike the entry: that these are one DN is the directory's to know.
  roles: [
    { group: `CN=Stream Operators, OU=Groups, ${SUFFIX}`, role: 'operator' },
    { group: groupDn('stream viewers'), role: 'viewer' },
    { group: groupDn('there is no such group'), role: 'admin' },
  ],
})
