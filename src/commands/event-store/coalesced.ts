/**
 * Shares the answers of a question: callers get the next one that is asked after they called, never one that
 * was on its way already, and at most one is on its way at a time.
 */
export function coalesced<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<unknown> | null = null;
  let next: Promise<Answer> | null = null;
  return () => {
    next ??= (running ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        next = null;
        const answer = ask();
        running = answer;
        return answer;
      });
    return next;
  };
}
