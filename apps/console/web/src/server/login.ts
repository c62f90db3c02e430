/** That this tab was sent to the login; it stays until somebody is seen to be logged in. */
const SENT = 'waybill-sent-to-login'

/** Where to log in and come back from to `here`. */
export const loginAddress = ({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string =>
  `/auth/login?${new URLSearchParams({ to: pathname + search })}`

/** How a tab leaves for the login: once, for a login that led to no session would do so again and again. */
export class Leaving {
  #isLeaving = false

  constructor(
    private readonly tab: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly page: () => Pick<Location, 'pathname' | 'search' | 'assign'>,
  ) {}

  /** Whether the page is being left; else the login has been tried. */
  leave(): boolean {
    if (this.#isLeaving) return true
    if (this.tab().getItem(SENT) !== null) return false
    this.tab().setItem(SENT, 'yes')
    this.#isLeaving = true
    this.page().assign(loginAddress(this.page()))
    return true
  }

  /** Somebody is logged in: when that is over, the login is tried again. */
  loggedIn(): void {
    this.tab().removeItem(SENT)
  }

  /** The page is looked at again, as it was when it was left. */
  isBack(): void {
    this.#isLeaving = false
  }
}

export const leaving = new Leaving(
  () => sessionStorage,
  () => location,
)
