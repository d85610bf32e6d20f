/** Pages and their forms, asked for without a browser. */

export interface Asked {
  cookie?: string
  form?: Record<string, string>
  headers?: Record<string, string>
}

export const askPage = (url: string, { cookie = '', form, headers = {} }: Asked = {}): Promise<Response> =>
  fetch(url, {
    redirect: 'manual',
    headers: { cookie, ...headers },
    ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
  })

/** The cookies that the answer sets, as a browser sends them back. */
export const cookiesOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')

/** The token of the first form. */
export const tokenIn = async (answer: Response): Promise<string> =>
  /name="token" value="([^"]+)"/.exec(await answer.text())?.[1] ?? ''
