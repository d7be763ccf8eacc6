/** A small HTTP client for specs: JSON in, status, headers and parsed body out. */
export interface Answer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

export interface HttpClient {
  url: string;
  key: string;
  get<T = any>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  send<T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>;
  post<T = any>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** The same server with another API key. */
  as(key: string): HttpClient;
}

/** Paths are below /api/v1 unless they begin with a slash twice (`//readyz`). */
export function httpClient(url: string, key: string): HttpClient {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const address = path.startsWith('//') ? url + path.slice(1) : `${url}/api/v1${path}`;
    const response = await fetch(address, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson =
      /json/.test(response.headers.get('content-type') ?? '') &&
      !/ndjson/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text ? JSON.parse(text) : text,
    };
  };
  return {
    url,
    key,
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers) => send('POST', path, body, headers),
    as: (other) => httpClient(url, other),
  };
}
