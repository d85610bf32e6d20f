import { expect, test } from '@jest/globals'
import { capabilitiesOf } from '../../src/model/capabilities.ts'
import { isOfficial, modelWarnings } from '../../src/model/client.ts'
import { durationOf } from '../../src/model/errors.ts'

const listed = [
  { id: 'gpt-6-luna', shutdown: null, contextTokens: null },
  { id: 'gpt-4o-mini', shutdown: null, contextTokens: null },
]

test.each([
  [
    'gpt-4o-mini',
    listed,
    '2026-11-24',
    true,
    ['will be shut down on 2027-01-14; set model.name to gpt-6-luna'],
  ],
  ['gpt-4o-mini-2024-07-18', null, '2026-11-24', true, ['will be shut down on 2027-01-14']],
  ['gpt-4o-mini', null, '2027-01-14', true, ['was due to be shut down on 2027-01-14']],
  [
    'gpt-4o-mini',
    [listed[0]!],
    '2027-02-01',
    true,
    ["is not in the server's list; set model.name to gpt-6-luna", 'was due to be'],
  ],
  ['gpt-6-luna', listed, '2026-11-24', true, []],
  ['gpt-6-luna', null, '2026-11-24', true, []],
  ['gpt-6-luna', [], '2026-11-24', true, []],
  // A server of one's own keeps a model as long as one likes, unless it says otherwise.
  ['gpt-4o-mini', listed, '2026-11-24', false, []],
  [
    'mistral',
    [{ id: 'mistral', shutdown: '2026-12-31', contextTokens: null }],
    '2026-11-24',
    false,
    ['will be shut down on 2026-12-31; choose another model.name'],
  ],
  [
    'mistral',
    listed,
    '2026-11-24',
    false,
    ["is not in the server's list (it has, for example, gpt-6-luna, gpt-4o-mini)"],
  ],
] as const)('%s, listed %j, on %s (official %s): %j', (name, list, today, official, expected) => {
  const warnings = modelWarnings(name, list, today, official)
  expect(warnings).toHaveLength(expected.length)
  for (const [at, text] of expected.entries()) expect(warnings[at]).toContain(text)
})

test.each([
  ['https://api.openai.com/v1', true],
  ['https://eu.api.openai.com/v1', true],
  ['https://openai.com.evil.example/v1', false],
  ['https://notopenai.com/v1', false],
  ['http://127.0.0.1:8080/v1', false],
  ['nonsense', false],
])('%s is the provider: %s', (baseUrl, expected) => {
  expect(isOfficial(baseUrl)).toBe(expected)
})

test.each([
  ['gpt-4o-mini', true, 'max_completion_tokens', null, 128_000],
  ['openai/gpt-4o-mini-2024-07-18', true, 'max_completion_tokens', null, 128_000],
  ['gpt-6-luna', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-5', true, 'max_completion_tokens', 'minimal', 400_000],
  ['gpt-5-mini-2025-08-07', true, 'max_completion_tokens', 'minimal', 400_000],
  ['gpt-5.1', true, 'max_completion_tokens', 'none', 400_000],
  ['gpt-5.4-mini', true, 'max_completion_tokens', 'none', 400_000],
  ['gpt-5.6-luna', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-6.1-terra', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-6.2-sol', true, 'max_completion_tokens', 'low', 1_050_000],
  ['gpt-6.2-astra', true, 'max_completion_tokens', 'low', 1_050_000],
  ['o3', true, 'max_completion_tokens', 'low', 200_000],
  ['qwen3:8b', true, 'max_tokens', null, null],
])(
  '%s: temperature %s, %s, effort %s, context %s',
  (name, temperature, limitField, effort, contextTokens) => {
    expect(capabilitiesOf({ name })).toMatchObject({ temperature, limitField, effort, contextTokens })
  },
)

test.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['120ms', 120],
  ['1h2m3.5s', 3_723_500],
  ['', null],
  ['5', null],
  ['1 s', null],
  [null, null],
])('%j are %s milliseconds', (text, expected) => {
  expect(durationOf(text)).toBe(expected)
})
