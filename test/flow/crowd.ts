/**
 * Waiting mails as rows in the store (no mail server, no model): some in other scripts, and many copies of waiting
 * mails. For the screenshots and for bench/review-page.ts.
 */
import type { Database } from '../../src/store/database.ts'
import { putWaiting } from './waiting.ts'

/** Each as a customer writes it, with its reply. */
const letters = [
  {
    fromName: 'ليلى حداد',
    subject: 'موعد تسليم الدراجة رقم 4471',
    text: 'مرحبا،\n\nطلبت دراجة Kestrel 3 يوم الاثنين (طلب رقم 4471). متى تصل إلى بيروت؟ وهل يمكن الدفع عند الاستلام؟\n\nشكرا،\nليلى',
    reply:
      'مرحبا ليلى،\n\nنرسل الدراجات خلال ثلاثة أيام عمل، ويصلك رابط التتبع بالبريد. الدفع عند الاستلام غير متاح حاليا.\n\nOrder 4471 is ready.',
  },
  {
    fromName: 'יעל כהן',
    subject: 'החזרה של קסדה (Helmet M)',
    text: 'שלום,\n\nהקסדה קטנה מדי. האם אפשר להחליף למידה L? קניתי אותה ב-12.11.\n\nתודה,\nיעל',
    reply: 'שלום יעל,\n\nאפשר להחליף תוך 30 יום. שלחי את הקסדה באריזה המקורית.',
  },
  {
    fromName: '田中 さくら',
    subject: '土曜日の営業時間について',
    text: 'こんにちは。\n\n土曜日は何時まで営業していますか？自転車の点検もお願いできますか？\n\nよろしくお願いします。\n田中',
    reply:
      '田中様\n\nお問い合わせありがとうございます。土曜日は10時から16時まで営業しております。点検は予約制です。',
  },
  {
    fromName: '王小明',
    subject: '请问可以开发票吗？',
    text: '您好，\n\n我上周买了一辆自行车，请问可以开公司发票吗？需要提供哪些信息？\n\n谢谢！',
    reply: '王先生您好，\n\n可以。请告诉我们公司名称和税号，我们会在两个工作日内寄出发票。',
  },
  {
    fromName: 'Zoë 🚲 Lindqvist',
    subject: '🎉 My new bike!! 👩🏽‍🦰🚴‍♀️ One question 🤔',
    text: 'Hi! 👋\n\nThe bike is wonderful 😍🎉 How often does it need a service? 🔧\n\nZoë 🇸🇪',
    reply: 'Hello Zoë,\n\nGlad that you like it! 🚲 The first service is due after 300 km, then once a year.',
  },
]

/** The letters above, as mails of that account; the first also lacks a fact. */
export async function seedLetters(db: Database, account: string, now: Date): Promise<void> {
  for (const [at, letter] of letters.entries()) {
    const id = `letter${String(at).padStart(20, '0')}`
    const from = `customer${at}@buyers.example`
    await putWaiting(
      db,
      { ...letter, id, account, from, uid: 90_000 + at },
      new Date(now.getTime() - at * 1_260_000),
    )
    const octets = `From: ${account}\r\nTo: ${from}\r\nSubject: Re: ${letter.subject}\r\n\r\n${letter.reply}\r\n`
    await db.query(`update replyd.reply set octets = $2, claims = '[]' where id = $1`, [
      id,
      Buffer.from(octets),
    ])
  }
  const missing = ['the price of shipping to Lebanon', 'whether cash on delivery is possible']
  await db.query(
    `update replyd.reply set composed = jsonb_set(composed::jsonb, '{missing}', $1::jsonb) where id = 'letter00000000000000000000'`,
    [JSON.stringify(missing)],
  )
}

const copy = (table: string, more: string) => `insert into replyd.${table}
  select (jsonb_populate_record(old, jsonb_build_object('id', 'crowd' || lpad(at::text, 21, '0')${more}))).*
    from (select w.*, row_number() over (order by w.id) - 1 as place, count(*) over () as many
            from replyd.message m join replyd.${table} w on w.id = m.id where m.step = 'review' and m.uid_validity <> 'crowd') one,
         generate_series($2::int + 1, $2::int + $1::int) at, replyd.${table} old
   where at % many = place and old.id = one.id`

/** Copies waiting mails until `count` more wait. @param before how many were copied already, or more */
export async function seedCrowd(db: Database, count: number, before = 0): Promise<void> {
  const aged = [
    `, 'uid', at, 'uid_validity', 'crowd', 'message_id', '<crowd' || at || '@buyers.invalid>'`,
    `, 'internal_date', old.internal_date - make_interval(mins => at * 7)`,
    // Otherwise, the copies of one urgent mail would fill the first page.
    `, 'verdict', jsonb_set(old.verdict, '{urgency}', '0')`,
  ].join('')
  await db.query(copy('message', aged), [count, before])
  await db.query(copy('body', ''), [count, before])
  await db.query(copy('reply', ", 'reply_message_id', '<crowd' || at || '@crowd.invalid>'"), [count, before])
}
