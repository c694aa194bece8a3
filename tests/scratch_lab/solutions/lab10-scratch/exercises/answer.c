/*
 * Exercise 10.1: answer
 *
 * Out: ANSWER (<answer.h>)
 * Check: make grade ONLY=10.1
 */
#include <answer.h>
#include <exercise.h>

int answer(void)
{
    /* SOLUTION */
    return ANSWER;
    /* END SOLUTION */
}
