/** What somebody may do; each of the staff may do what those before it may. */
export const staffRoles = ['support', 'operator', 'admin'] as const
export type StaffRole = (typeof staffRoles)[number]
export const roles = ['customer', ...staffRoles] as const
export type Role = (typeof roles)[number]

/** Who asks, as their token says. */
export interface Principal {
  readonly subject: string
  readonly roles: readonly Role[]
  /** Whose orders are theirs, of a customer. */
  readonly customerId?: string
}

/** The most that any of their roles lets them do among the staff; -1 of who is none of it. */
const rankOf = ({ roles }: Principal): number =>
  Math.max(...roles.map((role) => staffRoles.indexOf(role as StaffRole)), -1)

export const mayAs = (principal: Principal, role: StaffRole): boolean => rankOf(principal) >= staffRoles.indexOf(role)
