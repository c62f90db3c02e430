/** Whom the development issuer knows. Whoever names one is given a token for them: it is there to be tried out. */
export interface DevelopmentUser {
  readonly name: string
  readonly roles: readonly string[]
  readonly customerId?: string
}

export const developmentUsers: readonly DevelopmentUser[] = [
  { name: 'cara', roles: ['customer'], customerId: 'cust-0001' },
  { name: 'carl', roles: ['customer'], customerId: 'cust-0002' },
  { name: 'sam', roles: ['support'] },
  { name: 'olga', roles: ['operator'] },
  { name: 'ada', roles: ['admin'] },
]
