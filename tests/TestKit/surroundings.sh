# What a script that starts servers needs around it, for ./test and bench/run, which source this file: the Debian packages,
# a temporary folder of its own, and an end of all that was started. Both set `self`, which begins what is said, and `needs`.
# shellcheck shell=bash

temp='' policy=''
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

# Each of the needs is a command, or the path of a file that is loaded, and behind a colon the Debian package that has it.
present() {
    if [[ $1 == /* ]]; then compgen -G "$1" >/dev/null; else PATH=$PATH:/usr/sbin:/sbin type -P "$1" >/dev/null; fi
}

missing() {
    local need
    for need in "${needs[@]}"; do
        present "${need%%:*}" || echo "${need##*:}"
    done
}

# No service may start because its package was installed: while apt runs, the policy says no to every one.
forbid_services() {
    policy=$(mktemp -d) || return 1
    [[ ! -e /usr/sbin/policy-rc.d ]] || mv /usr/sbin/policy-rc.d "$policy/was"
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
}

restore_services() {
    [[ -n $policy ]] || return 0
    rm -f /usr/sbin/policy-rc.d
    [[ ! -e $policy/was ]] || mv "$policy/was" /usr/sbin/policy-rc.d
    rmdir "$policy"
    policy=''
}

install_needs() {
    type -P dotnet >/dev/null || { echo "$self: missing: dotnet (the SDK that global.json names)" >&2; return 1; }
    local packages
    mapfile -t packages < <(missing)
    ((${#packages[@]})) || return 0
    if [[ $EUID -ne 0 || ! -e /etc/debian_version ]] || ! type -P apt-get >/dev/null; then
        echo "$self: missing, by the names of their Debian packages: ${packages[*]}" >&2
        return 1
    fi
    echo "$self: installing ${packages[*]}" >&2
    forbid_services || return 1
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
    local failed=$?
    restore_services
    mapfile -t packages < <(missing)
    ((failed == 0 && ${#packages[@]} == 0)) || { echo "$self: could not be installed: ${packages[*]}" >&2; return 1; }
}

make_temp() {
    temp=$(mktemp -d "${TMPDIR:-/tmp}/waystation-$self.XXXXXX") || return 1
    chmod 755 "$temp" # the web servers leave root behind and must still reach their files
}

# Every process of this run has the folder of the run in its environment, its arguments or as its own folder.
leftovers() {
    local process id
    for process in /proc/[0-9]*; do
        id=${process##*/}
        ((id != $$ && id != BASHPID)) || continue
        if grep -qsaF "$temp" "$process/environ" "$process/cmdline" || [[ $(readlink "$process/cwd" 2>/dev/null) == "$temp"* ]]; then
            echo "$id"
        fi
    done
}

name_of() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | cut -c1-200; }

# Ends what is left of a run: asked first, for a server's master ends workers that bear nothing of the run, then made to. Says what that was.
end_leftovers() {
    local -A told=()
    local id tries=0 signal=TERM ids
    while mapfile -t ids < <(leftovers) && ((${#ids[@]} && tries++ < 50)); do
        for id in "${ids[@]}"; do
            [[ -n ${told[$id]:-} ]] || echo "$id $(name_of "$id")"
            told[$id]=1
            kill -"$signal" "$id" 2>/dev/null
        done
        sleep 0.2
        ((tries < 10)) || signal=KILL
    done
}
