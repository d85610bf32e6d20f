/** Apache James, all in memory: IMAP and SMTP in one process, and an HTTP port by which its user is made. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverDirectory, startDaemon } from '../../test/live/servers/daemon.ts'
import { greeted } from '../../test/live/servers/dialog.ts'
import { freePort } from '../../test/live/servers/index.ts'
import { obtain } from './obtain.ts'
import { type ImapPeer, owner, type SmtpPeer } from './peers.ts'

interface Ports {
  imap: number
  smtp: number
  admin: number
  sink: number
}

const listening = (port: number) =>
  `<bind>127.0.0.1:${port}</bind><connectionBacklog>200</connectionBacklog><tls socketTLS="false" startTLS="false"/>
<connectionLimit>0</connectionLimit><connectionLimitPerIP>0</connectionLimitPerIP>`

const files = ({ imap, smtp, admin, sink }: Ports): Record<string, string> => ({
  'domainlist.xml': `<domainlist class="org.apache.james.domainlist.memory.MemoryDomainList"><autodetect>false</autodetect>
<autodetectIP>false</autodetectIP><defaultDomain>replyd.test</defaultDomain></domainlist>`,
  'usersrepository.xml':
    '<usersrepository><enableVirtualHosting>true</enableVirtualHosting></usersrepository>',
  'dnsservice.xml':
    '<dnsservice><servers><server>127.0.0.1</server></servers><autodiscover>false</autodiscover></dnsservice>',
  'mailrepositorystore.xml': `<mailrepositorystore><defaultProtocol>memory</defaultProtocol><mailrepositories>
<mailrepository class="org.apache.james.mailrepository.memory.MemoryMailRepository"><protocols><protocol>memory</protocol></protocols></mailrepository>
</mailrepositories></mailrepositorystore>`,
  'imapserver.xml': `<imapservers><imapserver enabled="true"><jmxName>imapserver</jmxName>${listening(imap)}
<auth><plainAuthEnabled>true</plainAuthEnabled><requireSSL>false</requireSSL></auth></imapserver></imapservers>`,
  'smtpserver.xml': `<smtpservers><smtpserver enabled="true"><jmxName>smtpserver</jmxName>${listening(smtp)}
<auth><announce>always</announce><requireSSL>false</requireSSL></auth><verifyIdentity>false</verifyIdentity>
<handlerchain><handler class="org.apache.james.smtpserver.CoreCmdHandlerLoader"/></handlerchain></smtpserver></smtpservers>`,
  'mailetcontainer.xml': `<mailetcontainer enableJmx="false"><context><postmaster>postmaster@replyd.test</postmaster></context>
<spooler><threads>4</threads><errorRepository>memory://var/mail/error/</errorRepository></spooler><processors>
<processor state="root" enableJmx="false"><mailet match="All" class="ToProcessor"><processor>transport</processor></mailet></processor>
<processor state="error" enableJmx="false"><mailet match="All" class="ToRepository"><repositoryPath>memory://var/mail/error/</repositoryPath></mailet></processor>
<processor state="transport" enableJmx="false">
<mailet match="All" class="RemoveMimeHeader"><name>bcc</name></mailet>
<mailet match="All" class="RemoteDelivery"><outgoingQueue>outgoing</outgoingQueue><delayTime>5000</delayTime><maxRetries>2</maxRetries>
<deliveryThreads>2</deliveryThreads><bounceProcessor>error</bounceProcessor><gateway>127.0.0.1</gateway><gatewayPort>${sink}</gatewayPort></mailet>
</processor></processors></mailetcontainer>`,
  'pop3server.xml': '<pop3servers></pop3servers>',
  'lmtpserver.xml': '<lmtpservers></lmtpservers>',
  'managesieveserver.xml': '<managesieveservers></managesieveservers>',
  'jmap.properties': 'enabled=false\n',
  'jmx.properties': 'jmx.enabled=false\n',
  'webadmin.properties': `enabled=true\nhost=127.0.0.1\nport=${admin}\n`,
})

async function tell(admin: number, path: string, body?: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${admin}${path}`, {
    method: 'PUT',
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  })
  if (!response.ok) throw new Error(`James: PUT ${path} gave HTTP ${response.status}`)
}

export async function james(sink: { port: number }): Promise<[ImapPeer, SmtpPeer]> {
  const jars = join(await obtain('james'), 'jars')
  const ports = { imap: await freePort(), smtp: await freePort(), admin: await freePort(), sink: sink.port }
  const directory = serverDirectory('james')
  mkdirSync(join(directory, 'conf'))
  for (const [name, text] of Object.entries(files(ports))) writeFileSync(join(directory, 'conf', name), text)
  const classPath = readdirSync(jars).map((name) => join(jars, name))
  const daemon = await startDaemon({
    name: 'james',
    directory,
    command: 'java',
    args: [
      '-cp',
      classPath.join(':'),
      `-Dworking.directory=${directory}`,
      'org.apache.james.MemoryJamesServerMain',
    ],
    timeoutMs: 180_000,
    ready: async () => {
      await Promise.all([greeted(ports.imap, '* OK'), greeted(ports.smtp, '220')])
      await fetch(`http://127.0.0.1:${ports.admin}/domains`)
    },
  })
  const { address, password } = owner
  await tell(ports.admin, '/domains/replyd.test')
  await tell(ports.admin, `/users/${address}`, { password })
  const login = { user: address, password }
  return [
    { name: 'James', daemon, port: ports.imap, user: address, password, address },
    { name: 'James', daemon, port: ports.smtp, login },
  ]
}
