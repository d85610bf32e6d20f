/** Where a figure or word begins and ends. */

/** Letters of scripts that put no space between a figure and the next word say nothing about where it ends. */
const unspaced = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}ー]`
const inWord = String.raw`\p{N}|(?!${unspaced})\p{L}`

/** Sources of regular expressions with the flag `u`. */
export const before = `(?<!${inWord})`
export const after = `(?!${inWord})`
export { unspaced }
