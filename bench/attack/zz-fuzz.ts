import { connect } from 'node:net'
import { startPages, password } from './daemon.ts'
const pages = await startPages({ password })
const port = Number(new URL(pages.url).port)
const one = (request: string | Buffer) => new Promise<string>((resolve) => {
  const s = connect(port, '127.0.0.1'); let got = ''
  s.setTimeout(8000, () => { s.destroy(); resolve(`TIMEOUT ${got.slice(0,80)}`) })
  s.on('data', (d) => { got += d.toString('latin1') }); s.on('error', (e) => resolve(`ERR ${e.message}`)); s.on('close', () => resolve(got.split('\r\n')[0] ?? ''))
  s.write(request)
})
const paths = ['*', '//', '/\\', '/%', '/%zz', '/%c0%80', '/?%', '/\x80', '/' + 'a/'.repeat(7000), '/api/' + 'a'.repeat(15000), '/login?x=' + '%41'.repeat(5000), '/assets/../api/mails', '/assets/%2e%2e/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json', '/assets/%5c..%5c', 'http://127.0.0.1/login', 'http://evil.example/login', 'http://[', '/events?since=' + 'x'.repeat(9000), '/healthz/', '/API/mails', '/api//mails', '/api/mails/', '/api%2fmails', '/./api/mails', '/api/../api/mails', '/mcp', '/mcp/', '/mcp%20', '/settings/queues/%2e%2e/%2e%2e/', '/settings/queues/static/../../../../package.json', '/sw.js', '/manifest.webmanifest','/login/','/login%00','/;x','/login;x=1', '/login?wanted=//evil', '/__proto__', '/constructor', '/api/constructor', '/api/__proto__/x']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY', 'PROPFIND', 'PURGE', 'LOCK']
const tally = new Map<string, string[]>()
for (const path of paths) for (const method of methods) {
  const extra = ['POST','PUT','PATCH','DELETE'].includes(method) ? 'Content-Length: 0\r\n' : ''
  const first = await one(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAccept: text/html\r\n${extra}\r\n`)
  const key = first.slice(0, 60); tally.set(key, [...(tally.get(key) ?? []), `${method} ${path.slice(0, 40)}`])
}
const bodies: [string,string][] = [
  ['application/x-www-form-urlencoded', 'a'.repeat(60000)],
  ['application/x-www-form-urlencoded', Array.from({length: 15000}, (_, n) => n.toString(36)).join('&')],
  ['application/x-www-form-urlencoded', 'password=%ff%fe&name=%00'],
  ['application/x-www-form-urlencoded', '__proto__=1&constructor=2&name=a&password=b'],
  ['application/x-www-form-urlencoded', 'name[]=a&name[]=b&password=x'],
  ['application/x-www-form-urlencoded', 'name=a&name=b&password=x&password=y'],
  ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="name"; filename="a"\r\n\r\nhi\r\n--x\r\ncontent-disposition: form-data; name="password"\r\n\r\nx\r\n--x--\r\n'],
  ['multipart/form-data; boundary=x', '--x\r\n'.repeat(12000)],
  ['multipart/form-data', 'x'], ['multipart/form-data; boundary=""', '--\r\n'], ['text/plain', 'name=a'], ['application/json', '{"password":"x"}'], ['', 'password=x'],
]
for (const [type, body] of bodies) {
  const t = performance.now()
  const first = await one(`POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-A: 1\r\n${type ? `Content-Type: ${type}\r\n` : ''}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  console.log('login', type, body.slice(0, 30), first, Math.round(performance.now() - t))
}
for (const [k, v] of tally) console.log(k, v.length, v.slice(0, 6).join(' | '), k.includes(' 500') || /TIMEOUT|ERR|^$/.test(k) ? v.join(' | ') : '')
const t = performance.now(); for (let i=0;i<50;i++) await one(`GET /api/${'abcdefghij'.repeat(1500)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`); console.log('api unknown, ms each', (performance.now()-t)/50)
await pages[Symbol.asyncDispose]()
