import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseStrictJson } from './strict-json.js';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));

describe('parseStrictJson', () => {
  it('reads what JSON.parse reads of any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses any object with one of its names written a second time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const [name = ''] = Object.keys(value);
        const twice = `{${JSON.stringify(name)}:1,${JSON.stringify(value).slice(1)}`;
        expect(() => parse(twice)).toThrow('twice');
      }),
    );
  });

  it.each([
    ['in an inner object', '{"a":{"b":1,"b":2}}'],
    ['in a list', '{"a":[{"b":1,"b":2}]}'],
    ['with white space before the colon', '{"a":1,"a" \n :2}'],
    ['in another spelling', String.raw`{"a":1,"\u0061":2}`],
    ['as __proto__', '{"__proto__":1,"__proto__":2}'],
  ])('refuses a name twice %s', (_title, text) => {
    expect(() => parse(text)).toThrow('twice');
  });

  it('takes text that only looks like a name for text', () => {
    expect(parse(String.raw`{"a":"\":\"","b":["x",":"]}`)).toEqual({ a: '":"', b: ['x', ':'] });
  });

  it('reads what nests deeper than any call stack', () => {
    const depth = 3_000;
    expect(() => parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)).not.toThrow();
  });

  it.each(['', '[]', 'null', '1', '"text"', '{', '{"a":1,}', "{'a':1}", '{"a":NaN}', '\uFEFF{}'])(
    'refuses %j, which is not an object in JSON',
    (text) => {
      expect(() => parse(text)).toThrow('token_malformed');
    },
  );
});
