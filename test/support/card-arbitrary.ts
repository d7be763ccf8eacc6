/** Arbitrary character cards as they are met with: fields missing, numbers for texts, members of applications. */
import * as fc from 'fast-check';
import { cardIn } from '../../src/domain/personas/cards/card-import.js';
import { personaConfig, type PersonaConfig } from '../../src/domain/personas/persona-config.js';
import { someConfig } from './persona-arbitrary.js';

export type CardJson = Record<string, unknown>;

const sometimes = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const word = fc.constantFrom('Ada', 'engine', 'calculates', '{{char}}', 'é€😀', 'a/b', 'm~n');
/** Texts of a card: empty, of many lines, longer than a description, of characters that no line may hold. */
const cardText = fc.oneof(
  fc.constantFrom('', ' ', '\n', 'x'.repeat(1_200), '😀'.repeat(600), '\u202Eadverse\u0007', ' padded '),
  fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join('\n')),
);
/** What stands where a text belongs: often nothing, which has others say what the persona is. */
const loose = fc.oneof(
  { weight: 8, arbitrary: cardText },
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom<unknown>(null, 42, true, [], {}),
);
/** JSON that can be stored: no names that mean something to JavaScript. */
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  .filter((value) => !/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value)));
const memberName = fc.constantFrom('fav', 'chat', 'talkativeness', 'avatar', 'create_date', 'depth_prompt');
const members = fc.dictionary(memberName, json, { maxKeys: 3, noNullPrototype: true });

const entry = fc.record({
  keys: fc.array(word, { maxLength: 3 }),
  content: cardText,
  extensions: members,
  enabled: fc.boolean(),
  insertion_order: fc.integer({ min: 0, max: 100 }),
  use_regex: fc.boolean(),
});
const book = fc.record({ entries: fc.array(entry, { maxLength: 3 }), extensions: members });
const extensions = fc.oneof(
  { weight: 6, arbitrary: members },
  fc.constantFrom<unknown>(null, '', [], { dramatis: 'kept' }, { dramatis: { formatVersion: 2 } }),
);
const tags = fc.oneof(fc.array(loose, { maxLength: 4 }), cardText);

const fields = {
  description: loose,
  personality: loose,
  scenario: loose,
  first_mes: loose,
  mes_example: loose,
};
const moreFields = {
  ...fields,
  creator_notes: loose,
  system_prompt: loose,
  post_history_instructions: loose,
  alternate_greetings: fc.array(cardText, { maxLength: 2 }),
  character_book: book,
  tags,
  creator: loose,
  character_version: loose,
  extensions,
};
const thirdFields = {
  ...moreFields,
  nickname: loose,
  assets: fc.array(fc.record({ type: word, uri: word, name: word, ext: word }), { maxLength: 2 }),
  creator_notes_multilingual: fc.dictionary(fc.constantFrom('en', 'de'), cardText),
  source: fc.array(word, { maxLength: 2 }),
  group_only_greetings: fc.array(cardText, { maxLength: 2 }),
  creation_date: fc.integer({ min: 0, max: 2_000_000_000 }),
  modification_date: fc.integer({ min: 0, max: 2_000_000_000 }),
};

const name = fc.constantFrom<unknown>('Ada', 'Ada Lovelace\n', '\u202Eeve', 42, 'n'.repeat(150));
const defined = (value: unknown): CardJson => JSON.parse(JSON.stringify(value)) as CardJson;
const fieldsOf = (some: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<CardJson> =>
  fc
    .tuple(fc.record({ name }), fc.record(some, { requiredKeys: [] }), members)
    .map(([named, given, others]) => defined({ ...others, ...given, ...named }));

/** What stands beside `data`: members of applications, and fields repeated for readers of V1. */
const withOuter = (
  spec: string,
  versions: fc.Arbitrary<unknown>,
  data: fc.Arbitrary<CardJson>,
): fc.Arbitrary<CardJson> =>
  fc.tuple(versions, data, members, fc.boolean()).map(([spec_version, given, others, repeats]) => {
    const { name: called, description, personality, tags: tagged } = given;
    const repeated = repeats ? { name: called, description, personality, tags: tagged } : {};
    return defined({ ...others, ...repeated, spec, spec_version, data: given });
  });

export const v1Card: fc.Arbitrary<CardJson> = fc
  .tuple(fieldsOf(fields), sometimes(fc.constantFrom<unknown>({}, { name: '', tags: ['x'] }, null, 'x')))
  .map(([given, data]) => defined({ ...given, data }));
export const v2Card: fc.Arbitrary<CardJson> = withOuter(
  'chara_card_v2',
  fc.constantFrom<unknown>('2.0', '2.1', 2, undefined),
  fieldsOf(moreFields),
);
export const v3Card: fc.Arbitrary<CardJson> = withOuter(
  'chara_card_v3',
  fc.constantFrom<unknown>('3.0', '3.1', 3),
  fieldsOf(thirdFields),
);

/** V3 cards with everything that the specification requires. */
export const wholeV3Card: fc.Arbitrary<CardJson> = withOuter(
  'chara_card_v3',
  fc.constant('3.0'),
  fc
    .tuple(fc.record({ name }), fc.record(thirdFields), members)
    .map(([named, given, others]) => defined({ ...others, ...given, ...named })),
);

/** A configuration with members edited that a card has as well: to say what another one says, or to say it oddly. */
const edited = fc.constantFrom('Countess', 'Ada', 'calm and exact', ' padded ', 'x'.repeat(100));
type Edit = (given: PersonaConfig) => Partial<PersonaConfig>;
const edits: Record<string, fc.Arbitrary<Edit>> = {
  name: edited.map((value) => () => ({ name: value })),
  description: edited.map((value) => () => ({ description: value })),
  personality: edited.map((value) => ({ traits: [first, ...others] }) => ({
    traits: [{ ...first!, value }, ...others],
  })),
  system_prompt: edited.map((value) => () => ({ systemPromptTemplate: value })),
  tags: fc.constantFrom('poetry', '').map((value) => () => ({ tags: value === '' ? [] : [value] })),
  temperature: fc.constant(() => ({ temperature: 1.5 })),
};

/** Configurations of imported cards in which some members were edited. */
export const editedCard: fc.Arbitrary<PersonaConfig> = fc
  .tuple(fc.oneof(v1Card, v2Card, v3Card), fc.record(edits, { requiredKeys: [] }))
  .map(([given, changes]) => {
    const reading = cardIn(given);
    if ('refused' in reading) throw new Error(JSON.stringify(reading.refused));
    return Object.values(changes as Record<string, Edit>).reduce(
      (config, edit) => ({ ...config, ...edit(config) }),
      reading.config,
    );
  });

const shortText = fc.constantFrom('one', 'two words', 'drei');
const prompt = fc.record({
  content: sometimes(fc.record({ startLocked: shortText, editableContent: sometimes(shortText) })),
  sysInfoEnabled: fc.boolean(),
});
const identity = fc.record({
  subjectId: sometimes(fc.constant('ada')),
  background: shortText,
  interests: sometimes(fc.array(shortText, { maxLength: 2 })),
});
const writing = fc.record({ subjectId: sometimes(fc.constant('ada')), archetype: shortText });
const card = fc.oneof(v1Card, v2Card, v3Card).map((given) => {
  const reading = cardIn(given);
  return 'card' in reading ? reading.card : undefined;
});
const characterTrait = fc.record({
  name: fc.constant('character'),
  category: fc.constantFrom('personality', 'behavioral'),
  value: fc.constantFrom<unknown>('calm and exact', ' padded ', 50, true),
});

/** Complete configurations with facets: of invented and real people, with and without a card. */
export const facetedConfig: fc.Arbitrary<PersonaConfig> = fc
  .record({
    config: someConfig,
    prompt: sometimes(prompt),
    identity: sometimes(identity),
    writing: sometimes(writing),
    card: sometimes(card),
    character: sometimes(characterTrait),
  })
  .map(({ config, character, ...facets }) => {
    const others = config.traits.filter((trait) => trait.name !== 'character');
    return defined({ ...config, ...facets, traits: character ? [character, ...others] : config.traits });
  })
  .filter((body) => personaConfig.safeParse(body).success)
  .map((body) => defined(personaConfig.parse(body)) as unknown as PersonaConfig);
