/**
 * The word lists of section 3.3. Each test takes the *local part word*: the local part in lower case, without
 * quotes and `+tag`. Whole words and ends are compared, never substrings: bruno.reply@ is a person.
 */

const systemWords = new Set(
  (
    'daemon root uucp nobody cron anacron listserv listproc majordomo mailman sympa autoreply ' +
    'auto-reply auto_reply autoresponder auto-responder autoresponse auto-response vacation'
  ).split(' '),
)

/** The id that every Exchange organisation gives to its own bounce sender. */
const exchangeId = 'microsoftexchange329e71ec88ae4615bbc36ab6ce41109e'

/** True for a system address in any role (RFC 3834 section 2, RFC 5230 section 4.6, RFC 2142). */
function isSystemAnywhere(word: string): boolean {
  return (
    systemWords.has(word) ||
    /^mailer[-_.]?daemon/.test(word) ||
    word.startsWith('owner-') ||
    /-(?:request|bounces|bounce)$/.test(word) || // only at the end: jane-request-miller@ is a person
    word.startsWith(exchangeId)
  )
}

/** A system address in From, Sender or Reply-To. */
export function isSystemAuthor(word: string): boolean {
  return isSystemAnywhere(word) || word === 'bounce' || word === 'bounces'
}

/** A system address in Return-Path: `bounces+123@` is an ordinary VERP envelope, `x-owner@` a list's. */
export function isSystemReversePath(word: string): boolean {
  return isSystemAnywhere(word) || word.endsWith('-owner')
}

/** The display names that mail servers give themselves. */
export function isDaemonName(name: string): boolean {
  return /^(?:mail delivery (?:subsystem|system)|mailer-daemon)$/i.test(name.replace(/\s+/g, ' ').trim())
}

/** Each space matches a separator or nothing. */
const noReplyWords =
  'no reply|do not reply|dont reply|no response|do not respond|dont respond|no answer|do not answer|send only|ne pas repondre|' +
  'pas de reponse|sans reponse|nao responda|nao responder|no responda|no responder|no conteste|no contestar|nicht antworten|' +
  'keine antwort|non rispondere|no rispondere|niet antwoorden|niet beantwoorden|niet reageren|geen antwoord|svara ej|' +
  'svara inte|inget svar|svar ikke|besvar ikke|ikke svar|ei vastata|nie odpowiadac|neodpovidat|neodpovedat|ne valaszoljon|' +
  'nu raspundeti'
const noReplyPattern = `(?:${noReplyWords.replaceAll(' ', '[-_.]?')})\\d*`
const strictNoReply = new RegExp(`(?:^|[-_.])${noReplyPattern}$`)
const looseNoReply = new RegExp(`^${noReplyPattern}[-_.]`)

/** The whole local part, or its end after a separator, says that nobody reads mail here. */
export function isStrictNoReply(word: string): boolean {
  return strictNoReply.test(word)
}

/** Begins with such a word: nearly always software, but the address alone is not enough. */
export function isLooseNoReply(word: string): boolean {
  return looseNoReply.test(word)
}

export function isPostmaster(word: string): boolean {
  return /^post[-_.]?master$/.test(word)
}

const robotWords = new Set(
  (
    'notification notifications notify alert alerts newsletter newsletters news mailer mailing ' +
    'mailings automailer automated auto-confirm autoconfirm robot bot digest updates marketing ' +
    'promo promotions server'
  ).split(' '),
)

/** A role that software uses. Not info, support, sales, office, contact, billing, account: people sit there. */
export function isRobotWord(word: string): boolean {
  return robotWords.has(word) || /^(?:notification|alert|newsletter)s?[-_.]/.test(word)
}

/** Providers with a domain in many countries (yahoo.co.uk, hotmail.fr). */
const providerNames = new Set(
  'gmail googlemail outlook hotmail live msn yahoo ymail gmx yandex aol icloud protonmail'.split(' '),
)

/** Anybody can register such a name below most other suffixes. */
const countrySuffix = /^(?:com|net|(?:com?\.)?[a-z]{2})$/

const providerDomains = new Set(
  (
    'me.com mac.com web.de t-online.de freenet.de proton.me pm.me fastmail.com fastmail.fm zoho.com mail.com ' +
    'mail.ru bk.ru inbox.ru list.ru rambler.ru ya.ru qq.com 163.com 126.com yeah.net sina.com naver.com daum.net ' +
    'hanmail.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tiscali.it alice.it wp.pl ' +
    'onet.pl interia.pl o2.pl seznam.cz centrum.cz ziggo.nl kpnmail.nl telia.com bluewin.ch btinternet.com sky.com ' +
    'virginmedia.com talktalk.net comcast.net verizon.net att.net sbcglobal.net cox.net bellsouth.net charter.net ' +
    'earthlink.net shaw.ca rogers.com bigpond.com optusnet.com.au uol.com.br bol.com.br terra.com.br tutanota.com ' +
    'protonmail.ch tuta.com posteo.de mailbox.org hey.com duck.com rocketmail.com aim.com'
  ).split(' '),
)

/**
 * Strangers share such a domain, so the limit per organisational domain does not indicate a loop.
 * @param domain an organisational domain in A-label form
 */
export function isMailboxProvider(domain: string): boolean {
  if (providerDomains.has(domain)) return true
  const dot = domain.indexOf('.')
  return providerNames.has(domain.slice(0, dot)) && countrySuffix.test(domain.slice(dot + 1))
}
