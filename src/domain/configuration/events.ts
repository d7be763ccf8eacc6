import { z } from 'zod';
import { channelName } from '../personas/events.js';
import { clear } from '../sealed.js';
import { line } from '../text.js';

/** What a tenant can set, and what each setting can be. */
export const settingShape = {
  changeControl: z
    .enum(['direct', 'reviewed'])
    .describe('reviewed: a published persona changes through approved refinements alone'),
  protectedChannels: z
    .array(channelName)
    .max(20)
    .describe('Channels that admins and owners alone move, in alphabetical order'),
  fourEyes: z.boolean().describe('Nobody decides on an approval that they asked for'),
  refinementQuorum: z.int().min(1).max(20).describe('So many different people have to agree to a refinement'),
  refinementDeadlineSeconds: z
    .int()
    .min(1)
    .max(2_592_000)
    .describe('How long a refinement waits for them: after that it is rejected'),
};

export type SettingName = keyof typeof settingShape;
/** What holds in a tenant. */
export type TenantSettings = { [S in SettingName]: z.output<(typeof settingShape)[S]> };

/** What holds where nothing was set: one person can work alone, and is told apart from who approves. */
export const usualSettings: TenantSettings = {
  changeControl: 'direct',
  protectedChannels: ['production'],
  fourEyes: true,
  refinementQuorum: 1,
  refinementDeadlineSeconds: 604_800,
};

/** One setting as it was and as it is. */
export type SettingChange = {
  [S in SettingName]: { setting: S; from: TenantSettings[S]; to: TenantSettings[S] };
}[SettingName];

export const settingNames = Object.keys(settingShape) as [SettingName, ...SettingName[]];
const settingValue = z.union(Object.values(settingShape));
const changeShape = { setting: z.enum(settingNames), from: settingValue, to: settingValue };
/** An event is an object, not a union of objects; so its members are held together by a refinement. */
const settingChange = z
  .strictObject(changeShape)
  .refine(
    ({ setting, from, to }) => [from, to].every((value) => settingShape[setting].safeParse(value).success),
    { error: 'is not what the setting can be' },
  ) as z.ZodType as z.ZodType<SettingChange> & z.ZodObject<{ [K in keyof typeof changeShape]: z.ZodUnknown }>;

/** The settings of a tenant live in a stream of their own: what needs them reads no more than them. */
export const settingEvents = {
  SettingChanged: settingChange,
};

/** Names that mean something else to JavaScript where a flag is looked up by its own. */
const reserved = new Set(['constructor', 'prototype']);

/** What a flag is called: programs have it in their code, so it is never changed. */
export const flagName = clear(
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be 1–64 of a–z 0–9 and dashes, a letter first')
    .refine((name) => !reserved.has(name), { error: 'is reserved' }),
);

/** Ids alone: a flag is for the same personas after one of them got another slug. */
export const personaId = clear(z.uuid());

/** What a flag says. */
export const flagShape = {
  enabled: z.boolean().describe('False turns it off for everybody, whatever else it says'),
  rollout: z
    .number()
    .min(0)
    .max(100)
    .describe('Per cent of the units that it is on for, to a hundredth of a per cent'),
  personaIds: z
    .array(personaId)
    .max(500)
    .optional()
    .describe('Ids of the personas that it is for. Absent: all; empty: none'),
  description: clear(line(500)).optional(),
};

/** The flags of a tenant live in its one stream, so that their number has a limit. */
export const configEvents = {
  /** The flag as a whole, new or in the place of what it was. */
  FeatureFlagSet: z.strictObject({ flag: flagName, ...flagShape }),
  FeatureFlagRemoved: z.strictObject({ flag: flagName }),
};

/** A flag with its name. */
export type FeatureFlag = z.output<typeof configEvents.FeatureFlagSet>;
