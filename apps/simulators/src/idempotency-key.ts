import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { refusal } from './refusal.ts'

const KEY = /^[\x21-\x7e]{1,255}$/

/** Controller parameter: the required header, 1 to 255 printable characters. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | string[] | undefined> }>()
  const key = headers['idempotency-key']
  if (typeof key === 'string' && KEY.test(key)) return key
  throw refusal(
    400,
    'idempotency_key_required',
    'the header Idempotency-Key, 1 to 255 printable characters, is required',
  )
})
