/** Where Nest finds the supervisor; null where nobody runs the processes of the system who could be told. */
export const SUPERVISOR = Symbol('supervisor')
