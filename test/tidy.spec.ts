/** The laws of the house, checked over the repository itself. A rule without a check is a wish. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modules } from '../src/commands/registry.js';
import { environment } from '../src/config.js';
import { contains, kindOf, walk } from '../src/domain/schema-walk.js';
import { isClear, siblingOf, subjectOf } from '../src/domain/sealed.js';

const root = resolve(import.meta.dirname, '..');

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const sources = filesBelow('src');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
/** The code without comments: a law about code does not forbid speaking of it. */
const code = (file: string): string =>
  text(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
const importsOf = (file: string): string[] =>
  [...code(file).matchAll(/(?:from|import)\s+'([^']+)'/g)].map((match) => match[1]!);
const within = (folder: string): string[] => sources.filter((file) => file.startsWith(`${folder}/`));
const broken = (files: string[], breaks: (file: string) => unknown): string[] =>
  files.filter((file) => breaks(file));

/** `src/domain/<area>/…` or `src/projections/<area>/…` → area; undefined for files outside areas. */
const areaOf = (file: string): string | undefined =>
  /^src\/(?:domain|projections)\/([^/]+)\//.exec(file)?.[1];
const areas = [...new Set(within('src/domain').map(areaOf))].filter((area) => area !== undefined);

const isEngine = (file: string): boolean => areaOf(file) === 'engine';
const isFacts = (file: string): boolean => basename(file) === 'facts.ts' && areaOf(file) !== undefined;
/** The files of ours that a file imports. */
const targetsOf = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(root, resolve(root, dirname(file), name.replace(/\.js$/, '.ts'))))
    .filter((target) => sources.includes(target));
/** The files that a file imports, and those that they import, and so on. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  for (const target of targetsOf(file)) {
    if (reached.has(target)) continue;
    reached.add(target);
    reachedFrom(target, reached);
  }
  return reached;
}

describe('layers', () => {
  const pureLibraries = new Set([
    'zod',
    'canonicalize',
    'rfc6902',
    're2js',
    'uuid',
    'gpt-tokenizer/encoding/o200k_base',
    'libphonenumber-js/min',
    'validator/lib/isCreditCard.js',
    'validator/lib/isEmail.js',
    'validator/lib/isIBAN.js',
    'validator/lib/isIP.js',
    'validator/lib/isLuhnNumber.js',
  ]);

  it('domain imports itself, zod and the listed pure libraries only', () => {
    const foreign = within('src/domain').flatMap((file) =>
      importsOf(file)
        .filter((name) => {
          if (name === 'node:crypto') return !/import \{ createHash \} from 'node:crypto'/.test(code(file));
          if (!name.startsWith('.')) return !pureLibraries.has(name);
          return !relative(root, resolve(root, dirname(file), name)).startsWith('src/domain/');
        })
        .map((name) => `${file} imports ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  it('uuid in the domain is derived or validated, never drawn', () => {
    const drawn = broken(within('src/domain'), (file) =>
      /import \{[^}]*\bv(1|4|6|7)\b[^}]*\} from 'uuid'/.test(code(file)),
    );
    expect(drawn).toEqual([]);
  });

  /** Imports of another area's files, but for those through which areas meet. */
  const crossing = (folder: string, meetingPlaces: readonly string[]): string[] =>
    within(folder).flatMap((file) =>
      targetsOf(file)
        .filter((target) => areaOf(target) !== areaOf(file) && !isEngine(target) && !isEngine(file))
        .filter((target) => areaOf(target) && areaOf(file) && target.startsWith(folder))
        .filter((target) => !meetingPlaces.includes(basename(target)))
        .map((target) => `${file} imports ${target}`),
    );

  it('areas meet through events.ts and facts.ts alone', () => {
    expect(crossing('src/domain', ['events.ts', 'facts.ts'])).toEqual([]);
  });

  it('read models meet those of another area through facts.ts alone', () => {
    expect(crossing('src/projections', ['facts.ts'])).toEqual([]);
  });

  it('a decider knows no facts of another area: its commands ask for them', () => {
    const deciders = within('src/domain').filter((file) => code(file).includes('deciderFor<'));
    expect(
      broken(deciders, (file) =>
        targetsOf(file).some((target) => isFacts(target) && areaOf(target) !== areaOf(file)),
      ),
    ).toEqual([]);
  });

  it('no facts.ts leads to another one: areas do not read each other in circles', () => {
    const leading = sources
      .filter(isFacts)
      .flatMap((facts) =>
        [...reachedFrom(facts)]
          .filter((target) => isFacts(target) && target !== facts)
          .map((target) => `${facts} leads to ${target}`),
      );
    expect(leading).toEqual([]);
  });

  it('no area name stands in the engines but in their registries', () => {
    const engines = [...within('src/commands'), ...within('src/api'), ...within('src/projections/engine')];
    const named = engines
      .filter((file) => basename(file) !== 'registry.ts')
      .flatMap((file) =>
        areas
          .filter((area) => new RegExp(`\\b${area}\\b`).test(code(file)))
          .map((area) => `${file}: ${area}`),
      );
    expect(named).toEqual([]);
  });
});

describe('determinism', () => {
  it('domain and projections have no clock and draw nothing', () => {
    const impure = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/;
    const areasOnly = sources.filter((file) => areaOf(file) && areaOf(file) !== 'engine');
    expect(broken(areasOnly, (file) => impure.test(code(file)))).toEqual([]);
  });

  it('config.ts alone reads the environment', () => {
    const readers = broken(sources, (file) => file !== 'src/config.ts' && /process\.env/.test(code(file)));
    expect(readers).toEqual([]);
  });
});

describe('files', () => {
  it('are named after what they hold', () => {
    const vague = new Set(['utils.ts', 'helpers.ts', 'types.ts', 'constants.ts', 'common.ts', 'misc.ts']);
    expect(broken([...sources, ...filesBelow('test')], (file) => vague.has(basename(file)))).toEqual([]);
    expect(
      broken(sources, (file) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.reactor)?\.ts$/.test(basename(file))),
    ).toEqual([]);
  });

  it('stay within their size', () => {
    const budget = (file: string): number => {
      if (file.startsWith('src/domain/')) return 400;
      return areaOf(file) && areaOf(file) !== 'engine' ? 150 : 250;
    };
    const over = sources
      .map((file) => ({ file, lines: text(file).split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > budget(file))
      .map(({ file, lines }) => `${file}: ${lines} > ${budget(file)}`);
    expect(over).toEqual([]);
  });

  // Tables have no behaviour of their own: events are checked by their golden files, rejections by the laws.
  const tables = new Set(['events.ts', 'rejections.ts']);

  it('of domain and projections have a mirrored spec', () => {
    const missing = [...within('src/domain'), ...within('src/projections')].filter((file) => {
      if (tables.has(basename(file))) return false;
      const spec = file.replace(/^src/, 'test').replace(/\.ts$/, '');
      return !existsSync(join(root, `${spec}.spec.ts`)) && !existsSync(join(root, `${spec}.db.spec.ts`));
    });
    expect(missing).toEqual([]);
  });
});

describe('event schemas', () => {
  it('say of every string whether it is clear or personal', () => {
    const unmarked: string[] = [];
    for (const { decider } of modules) {
      for (const [type, schema] of Object.entries(decider.events)) {
        walk(schema, (node, path) => {
          const here = `${type}/${path.join('/')}`;
          // What is personal only beside a subject may be stored in the clear: all of it is clear.
          if (siblingOf(node) !== undefined && contains(node, (inner) => subjectOf(inner) !== undefined))
            unmarked.push(`${here} may be clear and holds what is not`);
          if (isClear(node) || subjectOf(node) !== undefined) return false;
          if (kindOf(node) === 'string') unmarked.push(here);
          return true;
        });
      }
    }
    expect(unmarked).toEqual([]);
  });

  it('are strict objects: what is written matches exactly', () => {
    const loose = modules.flatMap(({ decider }) =>
      Object.entries(decider.events)
        .filter(([, schema]) => schema.safeParse({ surely: 'not a member' }).success)
        .map(([type]) => type),
    );
    expect(loose).toEqual([]);
  });
});

describe('documents', () => {
  it('.env.example lists exactly the variables of the configuration', () => {
    const listed = [...text('.env.example').matchAll(/^#?\s*(DRAMATIS_[A-Z_]+)=/gm)].map(
      (match) => match[1]!,
    );
    expect(listed.sort()).toEqual(Object.keys(environment.shape).sort());
  });

  it('the CHANGELOG speaks of the version in package.json', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    expect(text('CHANGELOG.md')).toContain(version);
  });
});
