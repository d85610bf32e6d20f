/** How a person works a page: with the keyboard alone, by touch alone, or without JavaScript. */
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'

export interface Hand {
  options: BrowserContextOptions
  /** The country that this hand's customers ask about, so that each hand has a separate gap in the knowledge. */
  country: string
  person: string
  press(page: Page, selector: string): Promise<unknown>
  /** Replaces the contents of the field. */
  write(page: Page, selector: string, text: string): Promise<unknown>
}

/** How many Tabs are pressed before the page is asked which element has the focus. */
const atOnce = 10

interface KeyDown {
  key: string
  preventDefault(): void
  stopImmediatePropagation(): void
}

/** Whether the element has the focus. If not, Tab will stop there until the next call. */
const hasFocus = (wanted: Locator) =>
  wanted.evaluate((element) => {
    const {
      ownerDocument,
      ownerDocument: { defaultView: page },
    } = element
    page.stopsTab?.abort()
    if (element === ownerDocument.activeElement) return true
    page.stopsTab = new AbortController()
    const stop = (event: KeyDown) => {
      if (event.key !== 'Tab' || element !== ownerDocument.activeElement) return
      event.preventDefault()
      event.stopImmediatePropagation()
    }
    page.addEventListener('keydown', stop, { capture: true, signal: page.stopsTab.signal })
    return false
  })

/** With the keyboard alone. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  const wanted = page.locator(selector).first()
  await wanted.waitFor()
  for (let at = 0; at < 300; at += atOnce) {
    if (await hasFocus(wanted)) return
    for (let tab = 0; tab < atOnce; tab++) await page.keyboard.press('Tab')
  }
  throw new Error(`${selector} is not reached with the Tab key`)
}

async function typed(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

export const hands: Readonly<Record<string, Hand>> = {
  'the keyboard alone': {
    options: {},
    country: 'Norway',
    person: 'Kim',
    press: async (page, selector) => {
      await tabTo(page, selector)
      const isBox = await page
        .locator(selector)
        .first()
        .evaluate((element) => element.matches('[type=checkbox]'))
      await page.keyboard.press(isBox ? 'Space' : 'Enter')
    },
    write: async (page, selector, text) => {
      await tabTo(page, selector)
      await typed(page, text)
    },
  },
  'touch alone, on a phone': {
    options: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
    country: 'Iceland',
    person: 'Tom',
    press: (page, selector) => page.locator(selector).first().tap(),
    write: async (page, selector, text) => {
      await page.locator(selector).first().tap()
      await typed(page, text)
    },
  },
  'no JavaScript': {
    options: { javaScriptEnabled: false },
    country: 'Malta',
    person: 'Pia',
    press: (page, selector) => page.locator(selector).first().click(),
    write: (page, selector, text) => page.locator(selector).first().fill(text),
  },
}

export const desk = hands['the keyboard alone'] as Hand
export const phone = hands['touch alone, on a phone'] as Hand
