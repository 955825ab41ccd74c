#!/bin/sh
# git itself: clone URL FOLDER [DEPTH] | fetch URL FOLDER [DEPTH] | push URL FOLDER
set -eu
verb=$1 url=$2 folder=$3 depth=${4:+--depth=$4}
case $verb in
clone)
    # shellcheck disable=SC2086 # no depth is no word
    exec git clone --quiet $depth "$url" "$folder"
    ;;
fetch)
    git -C "$folder" remote set-url origin "$url"
    # shellcheck disable=SC2086
    exec git -C "$folder" fetch --quiet $depth origin
    ;;
push)
    exec git -C "$folder" push --quiet "$url" main
    ;;
*)
    echo "unknown: $verb" >&2
    exit 64
    ;;
esac
