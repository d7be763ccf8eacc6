import type { IncomingMessage } from 'node:http';

/** A text as HTML content or as a quoted attribute value. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Whether a browser asks: it names text/html, other clients leave Accept open. */
export const prefersHtml = ({ headers }: IncomingMessage): boolean =>
  headers.accept?.includes('text/html') ?? false;
