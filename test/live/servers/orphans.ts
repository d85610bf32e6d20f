// Starts one of each server, prints where, and then waits to be killed. Run by servers.test.ts.
import { startDovecot, startPostfix, startPostgres, startRedis } from './index.ts'

const dovecot = await startDovecot()
const servers = [
  dovecot,
  await startPostfix({ deliverTo: dovecot }),
  await startRedis(),
  await startPostgres(),
]
console.log(JSON.stringify(servers.map(({ pid, directory }) => ({ pid, directory }))))
setInterval(() => undefined, 60_000)
