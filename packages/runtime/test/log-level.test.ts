import { afterEach, describe, expect, it, vi } from 'vitest';
import { logLevelFromEnvironment, parseLogLevel, RUNTIME_LOG_LEVELS } from '../src/log-level.js';

describe('log levels', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(RUNTIME_LOG_LEVELS)('takes %s from KB_LOG_LEVEL', (level) => {
    vi.stubEnv('KB_LOG_LEVEL', level);
    expect(logLevelFromEnvironment()).toBe(level);
  });

  it.each([undefined, ''])('asks for nothing where KB_LOG_LEVEL is %j', (value) => {
    vi.stubEnv('KB_LOG_LEVEL', value);
    expect(logLevelFromEnvironment()).toBeUndefined();
  });

  it.each(['verbose', 'INFO', ' info', '__proto__', '0'])('refuses KB_LOG_LEVEL=%j and lists the levels', (value) => {
    vi.stubEnv('KB_LOG_LEVEL', value);
    expect(() => logLevelFromEnvironment()).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: `KB_LOG_LEVEL is ${JSON.stringify(value)}, which is not a log level`,
        hint: 'use one of silent, error, warn, info, debug, trace',
      }),
    );
  });

  it('refuses what is no text', () => {
    expect(() => parseLogLevel(3, 'the option "logLevel"')).toThrow('the option "logLevel" is of type number');
  });
});
