// Gives the charts a past: copies the demo's decided mails to each working day of the last four weeks, as rows in the
// store (no mail, no model). Some of the copied replies count as sent, a few of them edited. Only for the screenshots.
const days = 28
const dayMs = 86_400_000

const message = `insert into replyd.message (id, account, mailbox, uid_validity, uid, message_id, size, internal_date, flags, from_address,
    from_name, subject, ingested_at, step, disposition, reason, codes, ceiling, verdict, due_at, updated_at)
  select '0' || lpad(($2 - $1::int)::text, 3, '0') || id, account, mailbox, 'past', $1::int * 1000 + uid, null, size,
    internal_date - make_interval(days => $1::int), flags, from_address, from_name, subject,
    ingested_at - make_interval(days => $1::int), 'done', case when disposition in ('drafted', 'held', 'approved') then 'sent' else disposition end,
    case when disposition in ('drafted', 'held', 'approved') then 'approved-by-person' else reason end, codes, ceiling, verdict,
    due_at - make_interval(days => $1::int), updated_at - make_interval(days => $1::int)
    from replyd.message where uid_validity <> 'past' and (uid + $1::int * 7) % 5 < $3`

const reply = `insert into replyd.reply (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees, subject,
    text, draft_text, text_hash, language, confidence, composed, claims, sources, hold_reason, created_at, finished_at)
  select m.id, r.account, 'sent', r.kind, '<' || m.id || '@past.invalid>', r.octets, r.reverse_path, r.addressee, r.addressees, r.subject,
    r.text || case when (m.uid + $1::int) % 4 = 0 then ' See you soon.' else '' end, r.draft_text, r.text_hash, r.language, r.confidence,
    r.composed, r.claims, r.sources, '', m.internal_date, m.internal_date + make_interval(secs => 180 + (m.uid * 37 % 50) * 60)
    from replyd.message m join replyd.reply r on r.id = substr(m.id, 5)
   where m.id like '0' || lpad(($2 - $1::int)::text, 3, '0') || '%' and m.uid_validity = 'past'`

const call = `insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, input_tokens, output_tokens, cost, settled)
  select m.id || c.step, m.id, c.account, c.step, $4, m.internal_date, 'gpt-4o-mini', c.prompt_hash, c.input_tokens, c.output_tokens,
    (c.input_tokens * 0.15 + c.output_tokens * 0.6) / 1000000, true
    from replyd.message m join replyd.model_call c on c.message_id = substr(m.id, 5)
   where m.id like '0' || lpad(($2 - $1::int)::text, 3, '0') || '%' and m.uid_validity = 'past'
  on conflict (id) do nothing`

export async function seedPast(db, now) {
  for (let ago = 1; ago <= days; ago++) {
    const at = new Date(now.getTime() - ago * dayMs)
    if (at.getUTCDay() === 0) continue
    // A shop's week: Saturday is quiet.
    const share = at.getUTCDay() === 6 ? 1 : 2 + (ago % 3)
    await db.query(message, [ago, days, share])
    await db.query(reply, [ago, days])
    await db.query(call.replace('$4', `'${at.toISOString().slice(0, 10)}'`), [ago, days])
  }
}
