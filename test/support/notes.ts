/**
 * A small area of its own for specs of the engines: notes with a unique title and a personal remark. It
 * touches everything a command can use, so that the engines are tried without any real area.
 */
import { z } from 'zod';
import { clear, personal } from '../../src/domain/sealed.js';
import { same } from '../../src/domain/content-hash.js';
import { deciderFor, defineModule, release, take } from '../../src/domain/kernel.js';
import { reference } from '../../src/domain/reference.js';

const noteId = clear(z.string().min(1).max(64));
const title = clear(z.string().min(1).max(20));
const remark = personal('@actor', z.string().max(100));

type Note =
  { status: 'none' } | { status: 'open'; title: string; text: string; remark?: unknown; edits: number };

const noteEvents = {
  NoteOpened: z.strictObject({ noteId, title, text: clear(z.string()) }),
  NoteEdited: z.strictObject({ noteId, text: clear(z.string()), remark: remark.optional() }),
  NoteRenamed: z.strictObject({ noteId, from: title, title }),
};

export const note = deciderFor<Note>()({
  name: 'note',
  id: 'noteId',
  events: noteEvents,
  rejections: {
    'note-not-found': { status: 404, title: 'There is no such note' },
    'note-exists': { status: 409, title: 'The note is open already' },
    'title-taken': { status: 409, title: 'Another note has this title' },
  },
  initialState: () => ({ status: 'none' }),
  evolve: {
    NoteOpened: (_, e) => ({ status: 'open', title: e.title, text: e.text, edits: 0 }),
    NoteEdited: (s, e) =>
      s.status === 'open' ? { ...s, text: e.text, remark: e.remark, edits: s.edits + 1 } : s,
    NoteRenamed: (s, e) => (s.status === 'open' ? { ...s, title: e.title } : s),
  },
  claims: {
    NoteOpened: (e) => [take('title', e.title)],
    NoteRenamed: (e) => [release('title', e.from), take('title', e.title)],
  },
  claimRejections: { title: 'title-taken' },
});

const open = (state: Note) => (state.status === 'open' ? state : note.reject('note-not-found'));
const noteRef = reference({ category: 'note', claim: 'title' }, noteId);

export const noteModule = defineModule(note, {
  openNote: note.command({
    http: 'POST /notes',
    summary: 'Open a note',
    permission: 'notes:write',
    input: z.strictObject({ title, text: clear(z.string()).default('') }),
    rejects: ['note-exists', 'title-taken'],
    decide: (state, input, ctx) =>
      state.status === 'open'
        ? ctx.reject('note-exists')
        : [note.event('NoteOpened', { noteId: ctx.streamId, ...input })],
    reply: (_, __, ctx) => ({ secret: ctx.secret?.value ?? null }),
  }),
  editNote: note.command({
    http: 'PATCH /notes/:noteId',
    summary: 'Edit a note',
    permission: 'notes:write',
    input: z.strictObject({ noteId: noteRef, text: clear(z.string()), remark: remark.optional() }),
    rejects: ['note-not-found'],
    decide: (state, { noteId: _, ...change }, ctx) => {
      const { text, remark: said } = open(state);
      if (text === change.text && same(said, change.remark)) return [];
      return [note.event('NoteEdited', { noteId: ctx.streamId, ...change })];
    },
  }),
  /** Looks for a title that is free: what a command with facts does when a claim is taken. */
  copyNote: note.command({
    http: 'POST /notes/copies',
    summary: 'Open a note under the first free title',
    permission: 'notes:write',
    input: z.strictObject({ title }),
    rejects: ['note-exists', 'title-taken'],
    facts: async (input, read) => {
      for (let n = 1; ; n++) {
        const candidate = n === 1 ? input.title : `${input.title} ${n}`;
        if ((await read.claimOwner('title', candidate)) === null) return candidate;
      }
    },
    decide: (_, __, ctx) => [note.event('NoteOpened', { noteId: ctx.streamId, title: ctx.facts, text: '' })],
  }),
  /** Depends on another note: its version is guarded. */
  quoteNote: note.command({
    http: 'POST /notes/:noteId/quotes',
    summary: 'Take over the text of another note',
    permission: 'notes:write',
    input: z.strictObject({ noteId: noteRef, other: noteId }),
    rejects: ['note-not-found'],
    facts: (input, read) => read.state<Note>(note as never, input.other),
    decide: (state, _, ctx) => {
      open(state);
      return [note.event('NoteEdited', { noteId: ctx.streamId, text: open(ctx.facts).text })];
    },
  }),
});
