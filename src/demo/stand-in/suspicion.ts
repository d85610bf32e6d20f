/** Rules for spam and for mail that addresses the machine that reads it. */
import type { SpamKind } from '../../base/verdicts.ts'
import { WordList, type Words } from './words.ts'

interface Rule {
  kind: Exclude<SpamKind, 'none'>
  weight: number
  words: WordList
}

const rule = (kind: Rule['kind'], weight: number, words: string): Rule => ({
  kind,
  weight,
  words: new WordList(words),
})

const rules: readonly Rule[] = [
  rule(
    'phishing',
    2.5,
    `verify your account, confirm your account, confirm your identity, verify your identity,
    confirm your password, update your payment details, update your billing, update your account, re-activate your
    account, reactivate your account, validate your mailbox, validate your account, upgrade your mailbox, unlock your
    account, confirm your details, konto bestätigen, identität bestätigen, daten bestätigen, zugangsdaten bestätigen,
    konto zu verifizieren, vérifier votre compte, confirmer votre identité, confirmer vos informations, mettre à jour vos
    coordonnées, verifique su cuenta, verificar su cuenta, confirme sus datos, actualice sus datos, アカウントを確認,
    本人確認, お客様情報の確認, パスワードの更新`,
  ),
  rule(
    'phishing',
    2,
    `account has been suspended, account has been limited, account has been locked, account will be
    closed, account will be suspended, account will be deleted, account is suspended, unusual sign-in, unusual activity,
    suspicious activity, unauthorized access, unauthorised access, mailbox is full, mailbox quota, storage limit, konto
    wurde gesperrt, konto wurde eingeschränkt, konto gesperrt, ungewöhnliche aktivität*, compte a été suspendu, compte est
    bloqué, compte sera fermé, activité inhabituelle, cuenta ha sido suspendida, cuenta ha sido bloqueada, actividad
    inusual, アカウントが停止, アカウントを停止, 不正なアクセス, 利用制限`,
  ),
  rule(
    'scam',
    3,
    `next of kin, unclaimed inheritance, beneficiary of, you have won, you are a winner, lucky winner, million dollars,
    million usd, million euro*, united states dollars, late client, deceased client, foreign partner, transfer of funds,
    transfer the sum, fund transfer, bitcoin wallet, i recorded you, sie haben gewonnen, millionen euro, vous avez gagné,
    ha ganado, 当選`,
  ),
  rule(
    'scam',
    1.5,
    `lottery, western union, moneygram, us dollars, lotterie, erbschaft, loterie, héritage, lotería, herencia, 宝くじ,
    遺産`,
  ),
  rule(
    'scam',
    1,
    `strictly confidential, utmost confidence, urgent business proposal, business proposal, god bless,
    dear beneficiary, dear friend, bank account details, risk free, risk-free, wire transfer, mutual benefit,
    confidential transaction, nigeria, security company, barrister, gift cards`,
  ),
  rule(
    'bulk',
    2.5,
    `viagra, cialis, online pharmacy, no prescription, weight loss, lose weight, work from home, work at
    home, make money fast, earn money, extra income, financial freedom, online casino, free casino, penis, adult
    content, xxx, hot singles, refinance, lowest mortgage, mortgage rates, life insurance quotes, debt free, consolidate
    your debt, bulk email, email addresses for sale, seo services, first page of google, rank your website, replica
    watches, miracle cure, herbal, toner cartridges, abnehmen ohne, potenzmittel, geld verdienen, gagnez de l'argent,
    perdre du poids, gane dinero, perder peso, 副業で稼ぐ, 簡単に稼げる, 出会い系`,
  ),
  rule(
    'bulk',
    1,
    `click here, limited time, special offer, act now, order now, buy now, 100% free, absolutely free,
    free trial, money back guarantee, satisfaction guaranteed, opt out, opt-out, to be removed, remove me,
    unsubscribe, no obligation, this is not spam, one time mailing, dear sir/madam, call now, toll free, lowest price*,
    save up to, discount, promotion, kostenlos, jetzt bestellen, rabatt, gratuit, cliquez ici, gratis, haga clic aquí`,
  ),
  rule(
    'malware',
    3,
    `enable macros, enable content, enable editing, attached executable, makros aktivieren, activer les
    macros, habilitar macros, マクロを有効`,
  ),
]

/** File names that no honest sender attaches. */
const executable = /\b[\w-]+\.(?:exe|scr|pif|bat|cmd|js|vbs|jar|lnk|iso|docm|xlsm)\b/i

const link = /https?:\/\/|www\.\w/i

interface Suspicion {
  /** 0 for none; from 3 on it is called spam. */
  score: number
  kind: SpamKind
}

export interface Circumstances {
  urgent: boolean
  /** Value of the fact `Authentication`: pass, fail, none, unknown. */
  authentication: string
  attachments: string
}

export function suspicionOf(
  text: string,
  read: Words,
  { urgent, authentication, attachments }: Circumstances,
): Suspicion {
  const scores = new Map<Exclude<SpamKind, 'none'>, number>()
  const add = (kind: Rule['kind'], weight: number): void =>
    void scores.set(kind, (scores.get(kind) ?? 0) + weight)
  for (const { kind, weight, words } of rules) {
    const found = new Set(words.find(read).map((hit) => hit.found)).size
    // The second and third phrase of a rule count half, more add nothing.
    if (found > 0) add(kind, weight * (1 + Math.min(2, found - 1) / 2))
  }
  if (executable.test(attachments)) add('malware', 3)
  const phishing = scores.get('phishing') ?? 0
  if (phishing > 0 && link.test(text)) add('phishing', 1.5)
  if (phishing > 0 && urgent) add('phishing', 1)
  if (phishing > 0 && authentication === 'fail') add('phishing', 1.5)
  if (scores.has('bulk') && link.test(text)) add('bulk', 0.5)
  const [top] = [...scores].sort(([, one], [, other]) => other - one)
  const sum = [...scores.values()].reduce((total, score) => total + score, 0)
  return { score: sum, kind: top ? top[0] : 'none' }
}

const orders: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|overlook|override|bypass)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|directives?)\b/i,
  /\b(?:ignore|disregard|forget|overlook) (?:all|everything|anything|what(?:ever)?)\b[^.\n]{0,40}\b(?:previous(?:ly)?|above|prior|before)\b/i,
  /\b(?:system|developer|hidden|initial) (?:prompt|message|instructions?)\b/i,
  /\byou are (?:now|no longer) (?:an?|the|in|bound|allowed)\b|\bact as (?:an? )?(?:ai|assistant|admin|root)\b|\b(?:developer|dan|jailbreak|god|debug|maintenance) mode\b/i,
  /\b(?:attention|note|instructions?|message) (?:to|for) (?:the |any |all )?(?:ai|llm|assistant|language model|bot|automated)\b/i,
  /\b(?:dear|hello|hey|attention:?) (?:ai|llm|chatgpt|gpt|assistant|language model|chatbot)\b/i,
  /\bif you are (?:an? )?(?:ai|llm|language model|automated|assistant|bot|chatbot)\b|\bas an (?:ai|llm|language model)\b/i,
  /\b(?:reply|respond|answer) (?:only |exactly )?with (?:exactly |only |the (?:exact )?(?:word|words|phrase|text)|your (?:system|instructions))/i,
  /\b(?:in|to) your (?:response|reply|answer|output|summary),? (?:include|insert|add|append|also|please|mention|start|end|use)\b|\b(?:include|insert|append|add|put|mention)\b[^.\n]{0,80}\b(?:in|to|at the (?:start|end) of) your (?:response|reply|answer|output|summary)\b/i,
  /\b(?:reveal|print|show|repeat|output|leak|disclose|send me)\b[^.\n]{0,50}\b(?:your (?:instructions|prompt|rules|configuration)|api keys?|secrets?|passwords?|the text above|everything above)\b/i,
  /\b(?:forward|send|bcc|cc)\b[^.\n]{0,60}\b(?:all|every|other|previous|last|entire)\b[^.\n]{0,40}\b(?:e-?mails?|messages?|customers?|conversations?|inbox|mailbox)\b/i,
  /\b(?:add|apply|augment|combine|convert|encode|encrypt|enhance|express|integrate|jumble|misspell|modify|rearrange|replace|scramble|shift|use)\b[^.\n]{0,90}\byour (?:answer|reply|response|output|message)\b/i,
  /\b(?:what is|what's|tell me|say) (?:your|the) (?:password|secret(?: key)?|confidential string|system prompt)\b/i,
  /!\[[^\]\n]{0,80}\]\(https?:/,
  /<\|[^|\n]{1,40}\|>|\[\/?(?:INST|SYSTEM|SYS)\]|<<SYS>>|<\/?(?:system|instructions?|assistant|user)>|^\s*(?:system|assistant)\s*:/im,
  /\bset\b[^.\n]{0,30}\b(?:needs_reply|spam|confidence|manipulation|category|urgency)\b[^.\n]{0,20}\b(?:true|false|\d)/i,
  /(?:ignorier|vergiss|missacht)\p{L}*[^.\n]{0,40}(?:anweisung|vorgab|regel|instruktion)\p{L}*|du bist (?:jetzt|nun) ein/iu,
  /(?:ignore[zr]?|oublie[zr]?)[^.\n]{0,40}(?:instructions|consignes|règles)|tu es maintenant|vous êtes maintenant un/iu,
  /(?:ignora|ignore|olvida|olvide)[^.\n]{0,40}(?:instrucciones|indicaciones|reglas)|ahora eres un/iu,
  /(?:指示|命令|ルール|プロンプト)[^。\n]{0,12}(?:無視|忘れ)|システムプロンプト/u,
]

/** Whether the mail tries to instruct a machine that reads it. */
export function isManipulation(text: string): boolean {
  return orders.some((order) => order.test(text))
}
