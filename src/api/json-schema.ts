import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Turns zod schemas into JSON Schema for one OpenAPI document, whose `components.schemas` it fills. */
export interface SchemaWriter {
  write(schema: z.ZodType, io: 'input' | 'output', nameHint: string): JsonSchema;
  components: Record<string, JsonSchema>;
}

const definition = /"#\/\$defs\/([^"]+)"/g;

/**
 * zod keeps recursive parts in the `$defs` of each schema, where references from within an OpenAPI document
 * would not find them: they move to the components, equal ones to the same one.
 */
export function schemaWriter(): SchemaWriter {
  const components: Record<string, JsonSchema> = {};
  const named = new Map<string, string>();

  const nameOf = (text: string, key: string, all: string, nameHint: string): string => {
    // What refers to nothing but itself is the same wherever it stands.
    const alone = text.replaceAll(`"#/$defs/${key}"`, '"#self"');
    const identity = alone.includes('"#/$defs/') ? `${key} ${all}` : alone;
    const name = named.get(identity) ?? (alone === jsonValue ? 'JsonValue' : `${nameHint}_${key}`);
    named.set(identity, name);
    return name;
  };

  return {
    components,
    write: (schema, io, nameHint) => {
      const { $defs, ...root } = converted(schema, io);
      if (!$defs) return root;
      const all = JSON.stringify($defs);
      const names = new Map(
        Object.entries($defs).map(([key, part]) => [key, nameOf(JSON.stringify(part), key, all, nameHint)]),
      );
      const relocated = (part: unknown): JsonSchema =>
        JSON.parse(
          JSON.stringify(part).replaceAll(
            definition,
            (_, key: string) => `"#/components/schemas/${names.get(key)}"`,
          ),
        ) as JsonSchema;
      for (const [key, part] of Object.entries($defs)) components[names.get(key)!] = relocated(part);
      return relocated(root);
    },
  };
}

/** The JSON Schema of a zod schema; a schema that contains itself stands in its own `$defs`. */
function converted(
  schema: z.ZodType,
  io: 'input' | 'output',
): JsonSchema & { $defs?: Record<string, JsonSchema> } {
  const options = { io, unrepresentable: 'any' } as const;
  const { $schema: _, ...plain } = z.toJSONSchema(schema, options) as JsonSchema;
  if (!JSON.stringify(plain).includes('"$ref":"#"')) return plain;
  // A schema that is its own root refers to "#"; one level down it gets a name.
  const around = z.toJSONSchema(z.object({ root: schema }), options) as JsonSchema;
  const { properties, $defs } = around as {
    properties: { root: JsonSchema };
    $defs: Record<string, JsonSchema>;
  };
  return { ...properties.root, $defs };
}

const jsonValue = JSON.stringify(
  Object.values((converted(z.json(), 'input') as { $defs: Record<string, JsonSchema> }).$defs)[0],
).replaceAll(definition, '"#self"');
