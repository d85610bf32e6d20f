/** The pages of the review page, for tests that apply to each of them. */

/** An address for every GET route that is a page. */
export const pagesOf = (id: string, run: string): Readonly<Record<string, string>> => ({
  '/': '/',
  '/replies/:id': `/replies/${id}`,
  '/mails/:id': `/mails/${id}`,
  '/mails/:id/conversation': `/mails/${id}/conversation`,
  '/inbox/all': '/inbox/all',
  '/junk': '/junk',
  '/history': '/history',
  '/snippets': '/snippets',
  '/insight': '/insight',
  '/teach': '/teach',
  '/teach/learned': '/teach/learned',
  '/teach/knowledge': '/teach/knowledge?q=open+on+Saturday',
  '/teach/knowledge/file': '/teach/knowledge/file?file=opening-hours.md',
  '/teach/playground': '/teach/playground',
  '/teach/playground/runs/:id': run,
  '/settings': '/settings',
  '/settings/people': '/settings/people',
  '/devices': '/devices',
  '/assistants': '/assistants',
  '/assistants/code/:id': `/assistants/code/${id}`,
  '/notifications': '/notifications',
  '/you': '/you',
  '/login': '/login',
})

/**
 * Routes that are not separate pages in a browser; signing in needs an account with OAuth2 (test/live/oauth.test.ts).
 */
export const noPage =
  /^\/(api|assets|events|healthz|metrics|readyz|mcp|manifest|sw\.js|icon|offline|accounts\/:address\/sign-in|mails\/:id\/(html|parts)|settings\/(:section|queues))|^\/\*$/
