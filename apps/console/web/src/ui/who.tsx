import { useMutation } from '@tanstack/react-query'
import { loginAddress } from '../server/login.ts'
import { logOut, useMe } from '../server/me.ts'
import { explain, isNotLoggedIn } from '../server/problem.ts'

/** Who is logged in, and the way out; nothing where nobody has to log in. */
export const Who = () => {
  const { data: me, error } = useMe()
  const leave = useMutation({ mutationFn: logOut })
  if (isNotLoggedIn(error)) return <a href={loginAddress(location)}>Log in</a>
  if (me === undefined || me.auth === 'off') return null
  return (
    <section className="who" aria-label="Who is logged in">
      <p>
        <strong>{me.subject}</strong>
        <span>{me.roles.join(', ') || 'no role'}</span>
      </p>
      <button
        type="button"
        className="button"
        data-size="small"
        disabled={leave.isPending}
        onClick={() => leave.mutate('here')}
      >
        Log out
      </button>
      <button
        type="button"
        className="button"
        data-kind="plain"
        data-size="small"
        disabled={leave.isPending}
        onClick={() => leave.mutate('everywhere')}
      >
        Log out everywhere
      </button>
      {leave.isError && <p role="alert">{explain(leave.error).todo}</p>}
    </section>
  )
}
