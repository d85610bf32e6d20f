import { expect, test } from '@jest/globals'
import { scopeOf } from '../../src/web/bearer.ts'
import { deviceWords } from '../../src/web/sessions.ts'

test.each([
  ['GET', '/metrics', 'metrics'],
  ['GET', '/api/mails', 'read'],
  ['HEAD', '/api/mails', 'read'],
  ['GET', '/api/replies/x', 'read'],
  ['POST', '/api/audit', 'read'],
  ['POST', '/api/replies/x/approve', 'decide'],
  ['GET', '/api/replies/x/code', 'admin'],
  ['HEAD', '/api/replies/x/code', 'admin'],
  ['GET', '/api/replies/code', 'read'],
  ['POST', '/api/facts', 'decide'],
  ['GET', '/api/facts', 'read'],
  ['POST', '/api/facts/x/accept', 'admin'],
  ['POST', '/api/facts/x/discard', 'admin'],
  ['POST', '/mcp', 'read'],
  ['GET', '/mcp', 'read'],
  ['POST', '/api/junk/x/restore', 'decide'],
  ['POST', '/api/accounts/a@x.example/pause', 'decide'],
  ['POST', '/api/autonomy/a@x.example/other/grant', 'admin'],
  ['POST', '/api/backup', 'admin'],
  ['POST', '/api/forget', 'admin'],
  ['GET', '/api/tokens', 'admin'],
  ['POST', '/api/tokens', 'admin'],
  ['POST', '/api/tokens/x/revoke', 'admin'],
  ['POST', '/api/what-comes-later', 'admin'],
  ['PUT', '/api/mails', 'admin'],
  ['POST', '/api/repliesx/backup', 'admin'],
])('%s %s needs %s', (method, path, scope) => expect(scopeOf(method, path)).toBe(scope))

const mozilla = 'Mozilla/5.0'
test.each([
  [`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, 'Firefox on Linux'],
  [
    `${mozilla} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
    'Edge on Windows',
  ],
  [
    `${mozilla} (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36`,
    'Chrome on Android',
  ],
  [
    `${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1`,
    'Safari on iOS',
  ],
  [
    `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15`,
    'Safari on macOS',
  ],
  ['curl/8.5.0', 'A program'],
  ['<script>alert(1)</script>', 'A program'],
  [undefined, 'A program'],
])('%s is shown as %s', (userAgent, words) => expect(deviceWords(userAgent)).toBe(words))
