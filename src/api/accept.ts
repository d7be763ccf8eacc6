import type { Request } from 'express';

/** Whether `Accept` (RFC 9110 §12.5.1) prefers a media type to JSON; a client that leaves it open does not. */
export const prefers = (req: Request, mediaType: string): boolean =>
  req.accepts(['application/json', mediaType]) === mediaType;
