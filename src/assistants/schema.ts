// The inputs of the tools: written down once as JSON Schema, for the model, and checked by the same words, as what a model
// sends is anybody's. Only what the tools need of JSON Schema.

export type Field =
  | { readonly type: 'string'; readonly description: string; readonly maxLength: number; readonly enum?: readonly string[] }
  | { readonly type: 'integer'; readonly description: string; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'number'; readonly description: string; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'array'; readonly description: string; readonly minItems: number; readonly maxItems: number; readonly items: { readonly type: 'string'; readonly maxLength: number } };

export interface Schema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
}

export type Input = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** What a model reads when it was wrong: says what, and what would be right. */
export class ToolError extends Error {}

/** @throws ToolError */
export function checkInput(value: unknown, { properties, required = [] }: Schema): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ToolError('The input must be an object.');
  for (const key of Object.keys(value)) if (!Object.hasOwn(properties, key)) throw new ToolError(`There is no input ${JSON.stringify(key.slice(0, 60))}; there are: ${Object.keys(properties).join(', ')}.`);
  const input: Record<string, string | number | readonly string[]> = {};
  for (const [key, field] of Object.entries(properties)) {
    const given = (value as Record<string, unknown>)[key];
    if (given === undefined || given === null) {
      if (required.includes(key)) throw new ToolError(`The input ${key} is missing: ${field.description}`);
      continue;
    }
    input[key] = checked(key, given, field);
  }
  return input;
}

function checked(key: string, value: unknown, field: Field): string | number | readonly string[] {
  const wrong = (what: string): ToolError => new ToolError(`The input ${key} ${what}: ${field.description}`);
  switch (field.type) {
    case 'string':
      if (!isText(value, field.maxLength)) throw wrong(`must be a text of 1 to ${field.maxLength} characters without line breaks`);
      if (field.enum && !field.enum.includes(value)) throw wrong(`must be one of ${field.enum.join(', ')}`);
      return value;
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value) || value < field.minimum || value > field.maximum || (field.type === 'integer' && !Number.isSafeInteger(value))) throw wrong(`must be a${field.type === 'integer' ? ' whole' : ''} number from ${field.minimum} to ${field.maximum}`);
      return value;
    case 'array':
      if (!Array.isArray(value) || value.length < field.minItems || value.length > field.maxItems || !value.every((item) => isText(item, field.items.maxLength))) throw wrong(`must be a list of ${field.minItems} to ${field.maxItems} texts`);
      return value as readonly string[];
  }
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest && !/[\u0000-\u001f\u007f]/.test(value);
}
