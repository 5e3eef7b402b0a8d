import { ReadableStream, TransformStream, WritableStream } from 'web-streams-polyfill';
import { Headers } from './headers.js';
import { Request, Response } from './messages.js';

Object.assign(globalThis, { kbMade: { Headers, ReadableStream, Request, Response, TransformStream, WritableStream } });
